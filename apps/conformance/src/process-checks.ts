/** What is promised of a process as a whole: how signals, failures and deadlines end it, or do not. */
import { type Ending, run } from "./command.js";
import type { Outcome } from "./outcomes.js";

interface ProcessCheck {
  readonly package: string;
  readonly rule: string;
  readonly title: string;
  /** The part of `programs/process.ts` that is run. */
  readonly part: string;
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr?: RegExp;
}

const runner = "@selvage/runner";

export const processChecks: readonly ProcessCheck[] = [
  {
    package: runner,
    rule: "R1",
    title: "a main that returns hands on its value, and its handlers are removed",
    part: "returning",
    code: 0,
    stdout: ["handlers 1 1", "value", "handlers 0 0"],
  },
  {
    package: runner,
    rule: "R1",
    title: "SIGTERM cancels the main, which unwinds; then the process exits with 143",
    part: "unwinding",
    code: 143,
    stdout: ["send SIGTERM", "cancelled: SIGTERM", "cleaned up"],
  },
  {
    package: runner,
    rule: "R1",
    title: "SIGINT makes it 130",
    part: "interrupted",
    code: 130,
    stdout: ["send SIGINT", "cancelled: SIGINT", "cleaned up"],
  },
  {
    package: runner,
    rule: "R1",
    title: "a main that returns a value all the same keeps it",
    part: "keeping",
    code: 0,
    stdout: ["send SIGTERM", "kept"],
  },
  {
    package: runner,
    rule: "R1",
    title: "the second signal ends the process at once",
    part: "deaf",
    code: 130,
    stdout: ["send SIGTERM", "send SIGINT"],
  },
  {
    package: runner,
    rule: "R1",
    title: "a failure is printed with all its members, and the process exits with 1",
    part: "failing",
    code: 1,
    stdout: [],
    stderr: /2 tasks failed in a TaskGroup[^]*TypeError: the first[^]*RangeError: the second/,
  },
  {
    package: runner,
    rule: "R2",
    title: "what still runs after the grace is printed, with its name",
    part: "lingering",
    code: 143,
    stdout: ["send SIGTERM", "send SIGTERM"],
    stderr: /Still running 5 ms after SIGTERM[^]*"stubborn"/,
  },
  {
    package: runner,
    rule: "R1",
    title: "each error is printed once of those that a disposal has suppressed",
    part: "suppressed",
    code: 1,
    stdout: [],
    stderr:
      /^SuppressedError: .*\n([ │]+at .*\n)*├── 1: Error: disposal\n([ │]+at .*\n)*└── 2: TypeError: body\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R1",
    title: "a signal that comes while the main starts, with an idle supervisor, makes it 143",
    part: "starting",
    code: 143,
    stdout: ["send SIGTERM"],
  },
  {
    package: runner,
    rule: "R2",
    title: "where nothing lives below the root scope, a hint says that no parent was passed on",
    part: "unparented",
    code: 143,
    stdout: ["send SIGTERM", "send SIGTERM"],
    stderr: /Still running 5 ms after SIGTERM[^]*Nothing runs below the scope of main[^]*`parent`/,
  },
  {
    package: runner,
    rule: "R2",
    title: "at the timeout the process exits with 128 + n if the main still runs",
    part: "stuck",
    code: 143,
    stdout: ["send SIGTERM"],
  },
  {
    package: runner,
    rule: "R2",
    title: "at the timeout it exits with process.exitCode if the main has returned, whatever keeps it alive",
    part: "straggling",
    code: 3,
    stdout: ["send SIGTERM", "returned"],
  },
  {
    package: runner,
    rule: "R2",
    title: "the timeout does not keep the process alive",
    part: "leaving",
    code: 0,
    stdout: ["send SIGTERM", "returned"],
  },
  {
    package: runner,
    rule: "R3",
    title: "an uncaught exception cancels the main, which unwinds; then it is printed, and the process exits with 1",
    part: "uncaught",
    code: 1,
    stdout: ["cancelled: TypeError: thrown in a timer"],
    stderr: /^TypeError: thrown in a timer\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R3",
    title: "so does an unhandled rejection",
    part: "unhandled",
    code: 1,
    stdout: ["cancelled: TypeError: rejected"],
    stderr: /^TypeError: rejected\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R3",
    title: "a rejection in the last turn of a main that returns counts",
    part: "lastTurn",
    code: 1,
    stdout: [],
    stderr: /^TypeError: in the last turn\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R3",
    title: "onError is called with all errors, the failure of the main among them",
    part: "several",
    code: 1,
    stdout: ["TypeError: one,RangeError: two"],
  },
  {
    package: runner,
    rule: "R3",
    title: "at the timeout an uncaught error is printed, and the process exits with 1",
    part: "unending",
    code: 1,
    stdout: [],
    stderr: /^TypeError: thrown in a timer\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R3",
    title: 'with "crash" it is left to the platform',
    part: "crash",
    code: 1,
    stdout: [],
    stderr: /thrown in a timer/,
  },
  {
    package: runner,
    rule: "R3",
    title: "it is left to the program by default if that listens to it",
    part: "listening",
    code: 0,
    stdout: ["TypeError: thrown in a timer"],
  },
  {
    package: "@selvage/scope",
    rule: "S10",
    title: "a bare scope's deadline does not keep the process alive",
    part: "deadline",
    code: 0,
    stdout: ["end of the module"],
  },
  {
    package: "@selvage/scope",
    rule: "S12",
    title: "a sleep keeps the process alive",
    part: "sleep",
    code: 0,
    stdout: ["slept"],
  },
  {
    package: "@selvage/scope",
    rule: "S12",
    title: "a sleep without an end keeps the process alive until it settles",
    part: "endless",
    code: 0,
    stdout: ["send SIGTERM", "cancelled"],
  },
  {
    package: "@selvage/scope",
    rule: "S12",
    title: "a sleep without an end leaves nothing that keeps the process alive",
    part: "cancelled",
    code: 0,
    stdout: ["cancelled"],
  },
  {
    package: "@selvage/timeout",
    rule: "O6",
    title: "while a body runs its deadline keeps the process alive",
    part: "timeout",
    code: 0,
    stdout: ["TimeoutError"],
  },
  {
    package: "@selvage/supervisor",
    rule: "V4",
    title: "the time that a shutdown leaves keeps the process alive",
    part: "shutdown",
    code: 0,
    stdout: ["abandoned: deaf"],
  },
];

/** Runs them all, one after another. */
export async function runProcessChecks(
  command: string,
  args: readonly string[],
  cwd: string,
  checks: readonly ProcessCheck[] = processChecks,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of checks) {
    const { package: name, rule, title } = check;
    const ending = await run(command, [...args, check.part], { cwd, timeLimit: 30_000, onLine: signalAskedFor });
    const detail = whatIsWrong(check, ending);
    const outcome = { package: name, rule, title };
    outcomes.push(detail === undefined ? { ...outcome, status: "passed" } : { ...outcome, status: "failed", detail });
  }
  return outcomes;
}

function signalAskedFor(line: string): NodeJS.Signals | undefined {
  return /^send (SIG[A-Z]+)$/.exec(line)?.[1] as NodeJS.Signals | undefined;
}

function whatIsWrong({ code, stdout, stderr }: ProcessCheck, ending: Ending): string | undefined {
  const printed = ending.stdout.split("\n").slice(0, -1);
  const isAsExpected =
    !ending.timedOut &&
    ending.code === code &&
    JSON.stringify(printed) === JSON.stringify(stdout) &&
    (stderr === undefined ? ending.stderr === "" : stderr.test(ending.stderr));
  if (isAsExpected) return undefined;
  const expected = `exit code ${code}, ${JSON.stringify(stdout)}, ${String(stderr ?? "nothing on standard error")}`;
  return `expected ${expected}, got ${JSON.stringify(ending)}`;
}
