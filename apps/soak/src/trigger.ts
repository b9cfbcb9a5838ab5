import type { Parent } from "./parent.js";
import type { Plan, Point } from "./plan.js";

/** Ends a round: cancels the parent of the service when a point is passed for the nth time. */
export class Trigger {
  readonly #plan: Plan;
  readonly #parent: Parent;
  #hasFired = false;
  #passed = 0;

  constructor(plan: Plan, parent: Parent) {
    this.#plan = plan;
    this.#parent = parent;
  }

  /** Whether the parent is cancelled. */
  get hasFired(): boolean {
    return this.#hasFired;
  }

  /** Whether the point was passed often enough. */
  get reached(): boolean {
    return this.#passed >= this.#plan.nth;
  }

  pass(point: Point): void {
    if (this.#hasFired || point !== this.#plan.point || ++this.#passed !== this.#plan.nth) return;
    if (this.#plan.when === "at once") this.fire();
    else if (this.#plan.when === "in a microtask") queueMicrotask(() => this.fire());
    else setImmediate(() => this.fire());
  }

  fire(): void {
    if (this.#hasFired) return;
    this.#hasFired = true;
    this.#parent.cancel();
  }
}
