import type { Task } from "@selvage/scope";
import { errorOf } from "@selvage/scope/lowlevel";

/** Returns the outcome of a task that has ended. A cancelled task counts as rejected with its `CancelledError`. */
export function outcomeOf(task: Task<unknown>): PromiseSettledResult<unknown> {
  if (task.status === "fulfilled") return { status: "fulfilled", value: task.result() };
  return { status: "rejected", reason: errorOf(task) };
}
