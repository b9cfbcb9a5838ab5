import type { Task } from "@selvage/scope";
import { errorOf } from "@selvage/scope/lowlevel";

/** How a task that is done has ended; a cancelled one counts as rejected with its `CancelledError`. */
export function outcomeOf(task: Task<unknown>): PromiseSettledResult<unknown> {
  if (task.status === "fulfilled") return { status: "fulfilled", value: task.result() };
  return { status: "rejected", reason: errorOf(task) };
}
