/** Runs the checks of a whole process: how signals, failures, deadlines and commands end it, or do not. */
import { type Ending, run } from "./command.js";
import type { Outcome } from "./outcomes.js";
import { type ProcessCheck, processChecks } from "./process-check-list.js";

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
