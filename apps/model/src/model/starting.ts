import { type Fault, isCancellation, type Outcome } from "./fault.js";
import type { Task } from "./task.js";
import type { Scope, Tree } from "./tree.js";

/** The start of one task, from the view of its caller: T10. */
export class Starting {
  /** The outcome of the caller's wait. */ result: Outcome | undefined = undefined;
  readonly #id: number;
  readonly #tree: Tree;
  /** The caller's scope, if its cancellation reaches the task. */ readonly #caller: Scope | undefined;
  #isStarting = true;
  /** Whether the function has ended. */ #hasEnded = false;
  /** Runs that have reported that they are ready. Each may do so once. */ readonly #ready = new Set<number>();

  constructor(id: number, tree: Tree, caller: Scope | undefined) {
    this.#id = id;
    this.#tree = tree;
    this.#caller = caller;
  }

  /** Whether a deadline that the caller sees has passed. Reading the reason of the task's cancellation checks it. */
  get isLate(): boolean {
    return this.#isStarting && this.#caller !== undefined && this.#tree.passed(this.#caller) !== undefined;
  }

  /** From now on a cancellation of the caller reaches the task. */
  follow(task: Scope): void {
    const caller = this.#caller;
    caller?.followers.set(this.#id, () => {
      if (this.#hasEnded) this.#tree.mayPass(task, caller.reason!);
      else if (this.#isStarting) this.#tree.pass(task, caller.reason!);
    });
  }

  /** The task, or a run of it, reports that it is ready; the first time counts. Returns the error if that throws. */
  ready({ scope, runs }: Task, run: number, value: number): Fault | undefined {
    const isPast = runs !== undefined && (runs.body.id !== run || runs.outcome !== undefined);
    if (isPast || this.#ready.has(run)) return { kind: "invalid" };
    if (runs !== undefined && !this.#isStarting) {
      this.#ready.add(run);
      return undefined;
    }
    if (!this.#isStarting) return { kind: "invalid" };
    if (this.#caller !== undefined) {
      this.#tree.look(this.#caller);
      if (this.#caller.reason !== undefined) return scope.reason!;
    }
    this.#ready.add(run);
    this.#leave();
    this.result = { value };
    return undefined;
  }

  /** Called when the function has ended. */
  functionEnded(): void {
    this.#hasEnded = true;
  }

  /** The failure that goes to the caller instead of the owner: of a task that ended before it was ready. */
  failureOf({ outcome, scope }: Task): Fault | undefined {
    if (!this.#isStarting || outcome === undefined || "value" in outcome) return undefined;
    const { fault } = outcome;
    return isCancellation(fault, scope.reason) ? undefined : fault;
  }

  /** The outcome of the task for its owner. */
  outcomeFor(task: Task): Outcome | undefined {
    const { outcome } = task;
    if (outcome === undefined) return undefined;
    return "value" in outcome || this.failureOf(task) !== undefined ? { value: undefined } : outcome;
  }

  /** The task has ended, and its failure goes to the caller. */
  end({ scope, status }: Task, failure: Fault | undefined): void {
    if (!this.#isStarting) return;
    this.#leave();
    if (failure === undefined && this.#caller !== undefined) this.#tree.look(this.#caller);
    const silent: Fault = { kind: "invalid" };
    this.result = { fault: failure ?? this.#caller?.reason ?? scope.reason ?? silent };
    if (status === "rejected") throw new Error("A start that is pending has no other failure.");
  }

  #leave(): void {
    this.#isStarting = false;
    this.#caller?.followers.delete(this.#id);
  }
}
