import type { Task } from "@selvage/scope";
import { checkTime, describeValue } from "@selvage/scope/internal";

/** When it is a task's turn in a shutdown, and its grace. */
export interface Placement {
  /** Lower stages come first. */
  readonly stage: number;
  /** In milliseconds; `undefined` for the grace of the shutdown. */
  readonly grace: number | undefined;
}

/** The placement of most tasks. */
const USUAL: Placement = { stage: 0, grace: undefined };

/** The placements of the tasks that have not ended. Most tasks have the usual one, and take no memory. */
export class Placements {
  /** The placements that are not the usual one. */
  readonly #unusual = new Map<Task<unknown>, Placement>();

  add(task: Task<unknown>, { stage, grace }: Placement): void {
    if (stage !== USUAL.stage || grace !== USUAL.grace) this.#unusual.set(task, { stage, grace });
  }

  delete(task: Task<unknown>): void {
    if (this.#unusual.size > 0) this.#unusual.delete(task);
  }

  of(task: Task<unknown>): Placement {
    return this.#unusual.get(task) ?? USUAL;
  }
}

/**
 * Checks the placement of a task.
 *
 * @throws {TypeError | RangeError} If the stage is not a non-negative integer, or the grace is not a time.
 */
export function checkPlacement(stage: unknown, grace: unknown): Placement {
  if (typeof stage !== "number")
    throw new TypeError(`stage must be a non-negative integer, got ${describeValue(stage)}.`);
  if (!Number.isInteger(stage) || stage < 0) {
    throw new RangeError(`stage must be a non-negative integer, got ${String(stage)}.`);
  }
  if (grace !== undefined) checkTime(grace, "The grace of a task");
  return { stage, grace: grace as number | undefined };
}
