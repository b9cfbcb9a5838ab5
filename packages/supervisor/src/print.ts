import { format, type Task } from "@selvage/scope";
import { quoteName } from "@selvage/scope/internal";
import type { FailureInfo } from "./supervisor-options.js";

/** Prints a failure if there is no `onError` (V2). It never throws, whatever the error is. */
export function print(
  error: unknown,
  task: Task<unknown>,
  { attempt, restartsIn }: FailureInfo,
  owner: string | undefined,
): void {
  const title = `Task ${quoteName(task.name)} of ${owner === undefined ? "a supervisor" : `supervisor ${quoteName(owner)}`} failed`;
  const run = attempt === 1 ? "" : ` in run ${attempt}`;
  const next = restartsIn === undefined ? "" : `, and is started again in ${Math.ceil(restartsIn)} ms`;
  console.error(`${title}${run}${next}:\n${format(error, { color: false })}`);
}
