import type { Task } from "@selvage/scope";
import { checkTime, describeValue } from "@selvage/scope/internal";

/** When a task's turn comes in a shutdown, and how long it then has. */
export interface Placement {
  /** Lower ones come first. */
  readonly stage: number;
  /** In milliseconds; `undefined` for what the shutdown says. */
  readonly grace: number | undefined;
}

const USUAL: Placement = { stage: 0, grace: undefined };

/** The placements of the tasks that are not over; most have the usual one, and take no room. */
export class Placements {
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

/** @throws {TypeError | RangeError} Where the stage is no non-negative integer, or the grace no time. */
export function checkPlacement(stage: unknown, grace: unknown): Placement {
  if (typeof stage !== "number")
    throw new TypeError(`stage must be a non-negative integer, got ${describeValue(stage)}.`);
  if (!Number.isInteger(stage) || stage < 0) {
    throw new RangeError(`stage must be a non-negative integer, got ${String(stage)}.`);
  }
  if (grace !== undefined) checkTime(grace, "The grace of a task");
  return { stage, grace: grace as number | undefined };
}
