/** Checks of a whole process: how signals, failures and deadlines end it, or do not. */
import { type Ending, run } from "./command.js";
import type { Outcome } from "./outcomes.js";

interface ProcessCheck {
  readonly package: string;
  readonly rule: string;
  readonly title: string;
  /** The part of `programs/process.ts` that runs. */
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
    title: "run resolves with the value of a main that returns, and removes its handlers",
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
    title: "a process that SIGINT cancels exits with 130",
    part: "interrupted",
    code: 130,
    stdout: ["send SIGINT", "cancelled: SIGINT", "cleaned up"],
  },
  {
    package: runner,
    rule: "R1",
    title: "a main that returns a value in spite of the signal keeps it",
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
    title: "each error that a disposal has suppressed is printed once",
    part: "suppressed",
    code: 1,
    stdout: [],
    stderr:
      /^SuppressedError: .*\n([ │]+at .*\n)*├── 1: Error: disposal\n([ │]+at .*\n)*└── 2: TypeError: body\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R1",
    title: "a process with an idle supervisor that SIGTERM cancels while it starts exits with 143",
    part: "starting",
    code: 143,
    stdout: ["send SIGTERM"],
  },
  {
    package: runner,
    rule: "R2",
    title: "a hint says that no parent was passed on if nothing lives below the root scope",
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
    title: "at the timeout the process exits with process.exitCode if the main has returned, whatever keeps it alive",
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
    title:
      "an uncaught exception cancels the main, which unwinds; then the error is printed, and the process exits with 1",
    part: "uncaught",
    code: 1,
    stdout: ["cancelled: TypeError: thrown in a timer"],
    stderr: /^TypeError: thrown in a timer\n( +at .*\n)*$/,
  },
  {
    package: runner,
    rule: "R3",
    title: "an unhandled rejection cancels the main, and the process exits with 1",
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
    title: "an uncaught error is left by default to a program that listens to the event",
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
    title: "a sleep without an end does not keep the process alive once it has settled",
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
    title: "the timeout of a shutdown keeps the process alive",
    part: "shutdown",
    code: 0,
    stdout: ["abandoned: deaf"],
  },
  {
    package: "@selvage/subprocess",
    rule: "P2",
    title: "a command gets its input, and its output, failure or absence is reported",
    part: "command",
    code: 0,
    stdout: ["given, done 0", "3 why", "true"],
  },
  {
    package: "@selvage/subprocess",
    rule: "P1",
    title: "a cancellation ends the whole process group, also what ignores SIGTERM",
    part: "group",
    code: 0,
    stdout: ["cancelled: true"],
  },
];

/** Runs all of them, one after another. */
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
