import { getEventListeners } from "node:events";
import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import type { Plan } from "./plan.js";

/** The parent of the service: a scope, or a signal that is not a scope's. */
export class Parent {
  readonly owner: CancelScope | AbortSignal;
  readonly #scope: CancelScope;
  readonly #by: Plan["by"];

  constructor(by: Plan["by"], outer: CancelScope) {
    this.#by = by;
    this.#scope = new CancelScope({ parent: outer, name: "the parent of the service" });
    this.owner = this.#scope;
    if (by !== "signal") return;
    const controller = new AbortController();
    this.#scope.onCancel((reason) => controller.abort(reason.cause));
    this.owner = controller.signal;
  }

  cancel(): void {
    if (this.#by === "deadline") this.#scope.deadline = this.#scope.clock.now() - 1;
    else this.#scope.cancel("the round is over");
  }

  /** Closes the scope, and returns what the service has left below it or on the signal. */
  close(): string[] {
    const left: string[] = [];
    const [, ...below] = describeTree(this.#scope).split("\n");
    if (below.length > 0) left.push(`below the parent there is still\n${below.join("\n")}`);
    const listeners = this.owner instanceof CancelScope ? 0 : getEventListeners(this.owner, "abort").length;
    if (listeners > 0) left.push(`the parent's signal still has ${listeners} listeners`);
    this.#scope.close();
    return left;
  }
}
