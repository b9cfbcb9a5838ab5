import type { Agenda, Option } from "./agenda.js";
import { type Fault, isCancellation, type Outcome, textOf } from "./fault.js";
import type { Task } from "./task.js";
import type { Scope, Tree } from "./tree.js";

/** A wait in a scope until an owner has no task (T8). */
export interface Idler {
  readonly scope: Scope;
  isOver: boolean;
}

/** The rules that task groups and supervisors share: T1, T6, T8, K1, K2, K4. */
export abstract class Owner {
  readonly id: number;
  readonly scope: Scope;
  /** The tasks that have not ended. */ readonly tasks: Set<Task> = new Set<Task>();
  /** The outcome of the body. */ body: Outcome | undefined;
  /** When the body ended. */ bodyEnded = 0;
  bodyCut = false;
  protected childCut = false;
  protected readonly agenda: Agenda;
  protected readonly tree: Tree;
  #limit: number;
  readonly #begin: (task: Task) => void;
  readonly #queue = new Set<Task>();
  #idlers: Idler[] = [];
  /** The body has thrown, and it is not yet known whether it was interrupted or failed. */ #unjudged:
    Fault | undefined;
  #judging = false;
  /** Tasks that have begun, and have not ended. */ readonly #running = new Set<Task>();

  /** @param begin - Starts a task, which runs up to its first wait. */
  constructor(scope: Scope, limit: number | null, agenda: Agenda, tree: Tree, begin: (task: Task) => void) {
    this.id = scope.id;
    this.scope = scope;
    this.agenda = agenda;
    this.tree = tree;
    this.#limit = limit ?? Infinity;
    this.#begin = begin;
    scope.isEnding = () => this.isOver;
    scope.onMark = () => {
      this.#judge();
    };
  }

  /** The error that `createTask` throws instead of the scope's reason. */
  abstract readonly refusal: Fault | undefined;
  /** The possible outcomes of its run, once everything has ended. */
  abstract outcomes(): Outcome[];
  /** Called when the body has failed. */
  protected abstract bodyFailed(fault: Fault): void;
  /** Called when a task has ended, after its done-callbacks (K4). */
  protected abstract taskDone(task: Task): void;
  /** Called when no task is left. */
  protected emptied(): void {}
  /** Whether the body's error is a cancellation, not a failure. */
  protected cutsBody(fault: Fault): boolean {
    return isCancellation(fault, this.scope.reason);
  }

  /** Whether there is nothing left to wait for (T1). */
  get isOver(): boolean {
    return this.body !== undefined && this.#unjudged === undefined && this.tasks.size === 0;
  }

  endBody(outcome: Outcome): void {
    this.body = outcome;
    this.bodyEnded = this.agenda.now;
    if (!("fault" in outcome)) return;
    this.#unjudged = outcome.fault;
    if (this.scope.reason !== undefined || this.cutsBody(outcome.fault)) this.#judge();
  }

  /** Adds a task; returns whether it starts at once (K1), or is queued (T8). */
  admit(task: Task): boolean {
    this.tasks.add(task);
    if (this.#running.size < this.#limit && this.#queue.size === 0) {
      this.#running.add(task);
      return true;
    }
    this.#queue.add(task);
    task.scope.onMark = () => {
      if (this.#queue.delete(task)) task.state = "dropped"; // it does not run, and takes no room
    };
    return false;
  }

  /** Whether a task is queued. A queued task that is cancelled never starts (T8). */
  isQueued(task: Task): boolean {
    return (task.state === "queued" || task.state === "dropped") && !this.#running.has(task);
  }

  /** T8: raising it starts queued tasks at once. */
  setLimit(limit: number | null): void {
    const before = this.#limit;
    this.#limit = limit ?? Infinity;
    if (this.#limit !== before) this.#startQueued();
  }

  /** T8. */
  idle(scope: Scope): Idler {
    const idler = { scope, isOver: this.tasks.size === 0 };
    if (!idler.isOver) this.#idlers.push(idler);
    return idler;
  }

  /** The task that a scope belongs to. */
  taskAround(scope: Scope | undefined): Task | undefined {
    for (let node = scope; node !== undefined; node = node.parent) {
      for (const task of this.tasks) if (task.scope === node) return task;
    }
    return undefined;
  }

  /** The events that may happen in it by themselves. */
  options(): Option[] {
    const options: Option[] = [];
    const fault = this.#unjudged;
    if (fault !== undefined && this.cutsBody(fault)) {
      this.#judge();
    } else if (fault !== undefined && this.tree.passed(this.scope) === undefined) {
      const detail = textOf({ kind: "cancelled", owner: this.scope, cause: fault, deadline: undefined });
      const happen = (): void => {
        this.#judge();
        this.agenda.take({ at: this.agenda.now, id: this.id, what: "cancelled", detail });
      };
      options.push({ id: this.id, what: "cancelled", detail, happen });
    }
    return options;
  }

  /** The end of a task, in one microtask: status, scope closed, callbacks, owner notified (K2, K4). */
  end(task: Task): void {
    const { scope, starting } = task;
    const failure = starting?.failureOf(task);
    if (starting !== undefined) task.outcome = starting.outcomeFor(task);
    const { outcome } = task;
    if (outcome === undefined) task.status = "cancelled";
    else if ("value" in outcome) task.status = "fulfilled";
    else task.status = isCancellation(outcome.fault, scope.reason) ? "cancelled" : "rejected";
    if (task.status === "cancelled") task.outcome = { fault: scope.reason! };
    task.state = "done";
    task.runs?.scope?.close();
    scope.close();
    starting?.end(task, failure);
    if (!task.abandoned) this.release(task);
    this.taskDone(task);
    if (!task.abandoned) this.#afterOneLess();
  }

  /** The task no longer counts. */
  protected release(task: Task): void {
    this.tasks.delete(task);
    this.#running.delete(task);
  }

  protected abandon(task: Task): void {
    task.abandoned = true;
    task.scope.detach();
    this.release(task);
    this.#afterOneLess();
  }

  /**
   * A queued task whose deadline has passed never starts, even if its timer has not fired yet (S9). It has left the
   * queue, and takes room.
   */
  #startQueued(): void {
    while (this.#running.size < this.#limit && this.#queue.size > 0) {
      this.tree.look(this.scope);
      const [task] = this.#queue;
      if (this.scope.reason !== undefined || task === undefined) break;
      this.#queue.delete(task);
      this.#running.add(task);
      this.tree.look(task.scope);
      if (task.scope.reason === undefined) this.#begin(task);
      else task.state = "dropped";
    }
  }

  #afterOneLess(): void {
    this.#startQueued();
    if (this.tasks.size > 0) return;
    const idlers = this.#idlers;
    this.#idlers = [];
    for (const idler of idlers) {
      const { scope } = idler;
      if (scope.reason === undefined) this.tree.look(scope); // the end of a wait checks the waiter's scope first (C1)
      if (scope.reason === undefined) idler.isOver = true;
    }
    this.emptied();
  }

  /** Decides whether the body was interrupted, or failed (T2, T4, V7). */
  #judge(): void {
    const fault = this.#unjudged;
    if (fault === undefined || this.#judging) return;
    this.#judging = true;
    if (this.cutsBody(fault)) this.bodyCut = true;
    else this.bodyFailed(fault);
    this.#unjudged = undefined; // only now may it be over
  }
}
