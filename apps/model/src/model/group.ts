import type { Fault, Outcome } from "./fault.js";
import { Owner, type Task } from "./owner.js";

interface Failure {
  readonly fault: Fault;
  readonly at: number;
  readonly ofBody: boolean;
}

/** A task group of the model: T2, T3, T4, T5. */
export class Group extends Owner {
  readonly refusal: undefined = undefined; // nobody can refer to it who does not live in it
  readonly #failures: Failure[] = [];

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
    if (this.#failures.length > 0) return this.#orders().map((members) => ({ fault: { kind: "group", members } }));
    if (this.bodyCut) return [{ fault: reason! }];
    if (this.childCut && reason?.owner !== this.scope) return [{ fault: reason! }];
    return [this.body!];
  }

  /** The first failure cancels the group; the same error is listed once. */
  #fail(fault: Fault, ofBody: boolean): void {
    if (this.#failures.some((failure) => failure.fault === fault)) return;
    this.#failures.push({ fault, at: this.stage.now, ofBody });
    this.tree.cancel(this.scope, fault);
  }

  /**
   * In order of arrival. The body's error may arrive a few microtasks after it was thrown, and what tasks throw in between comes
   * before it.
   */
  #orders(): Fault[][] {
    const body = this.#failures.find(({ ofBody }) => ofBody);
    const rest = this.#failures.filter((failure) => failure !== body);
    if (body === undefined) return [rest.map(({ fault }) => fault)];
    const orders: Fault[][] = [];
    for (let position = this.#failures.indexOf(body); position <= rest.length; position++) {
      if (position > 0 && rest[position - 1]!.at > body.at) break;
      orders.push(rest.toSpliced(position, 0, body).map(({ fault }) => fault));
    }
    return orders;
  }
}
