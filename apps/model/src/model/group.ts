import type { Fault, Outcome } from "./fault.js";
import { Failures } from "./failures.js";
import { Owner } from "./owner.js";
import type { Task } from "./task.js";

/** A task group of the model: T2, T3, T4, T5. */
export class Group extends Owner {
  readonly refusal: undefined = undefined; // only statements inside of it can refer to it
  readonly #failures = new Failures();

  protected override bodyFailed(fault: Fault): void {
    this.#fail(fault, true);
  }

  protected override taskDone(task: Task): void {
    const { status, outcome, scope } = task;
    if (status === "rejected") this.#fail((outcome as { fault: Fault }).fault, false);
    else if (status === "cancelled") this.childCut ||= scope.reason === this.scope.reason;
  }

  override outcomes(): Outcome[] {
    const { reason } = this.scope;
    if (!this.#failures.isEmpty) {
      return this.#failures.orders().map((members) => ({ fault: { kind: "group", members } }));
    }
    if (this.bodyCut) return [{ fault: reason! }];
    if (this.childCut && reason?.owner !== this.scope) return [{ fault: reason! }];
    return [this.body!];
  }

  /** The first failure cancels the group. */
  #fail(fault: Fault, ofBody: boolean): void {
    if (this.#failures.add({ fault, at: this.agenda.now, ofBody })) this.tree.cancel(this.scope, fault);
  }
}
