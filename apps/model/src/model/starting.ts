import { type Fault, isCancellation, type Outcome } from "./fault.js";
import type { Task } from "./task.js";
import type { Scope, Tree } from "./tree.js";

/** The start of one task, as its caller sees it: T10. */
export class Starting {
  /** What the caller's wait comes to. */ result: Outcome | undefined = undefined;
  readonly #id: number;
  readonly #tree: Tree;
  /** The caller's scope, if its cancellation is to reach the task. */ readonly #caller: Scope | undefined;
  #isStarting = true;
  /** Whether the function has ended. */ #hasEnded = false;
  /** Runs that have said that they are ready: each may once. */ readonly #ready = new Set<number>();

  constructor(id: number, tree: Tree, caller: Scope | undefined) {
    this.#id = id;
    this.#tree = tree;
    this.#caller = caller;
  }

  /** Whether a deadline that the caller sees has passed: who asks why the task was cancelled checks it. */
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

  /** The task, or a run of it, says that it is ready; the first time counts. Returns what is thrown instead. */
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

  /** The function has ended. */
  functionEnded(): void {
    this.#hasEnded = true;
  }

  /** The failure that is the caller's, and not the owner's: of a task that has ended and was not ready. */
  failureOf({ outcome, scope }: Task): Fault | undefined {
    if (!this.#isStarting || outcome === undefined || "value" in outcome) return undefined;
    const { fault } = outcome;
    return isCancellation(fault, scope.reason) ? undefined : fault;
  }

  /** What the task has come to for its owner. */
  outcomeFor(task: Task): Outcome | undefined {
    const { outcome } = task;
    if (outcome === undefined) return undefined;
    return "value" in outcome || this.failureOf(task) !== undefined ? { value: undefined } : outcome;
  }

  /** The task has ended, and failed with what is the caller's. */
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
