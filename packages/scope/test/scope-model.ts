/**
 * Two trees of scopes that take the same operations: the real one, and a model that is recursive, naive, and obviously
 * right. Scopes and listeners are identified by their numbers, in order of creation.
 */
import { CancelScope } from "@selvage/scope";
import { HandClock } from "./hand-clock.js";

export type Operation =
  | {
      readonly do: "create";
      readonly parent: number | undefined;
      readonly shield: boolean;
      readonly deadline: number | undefined;
    }
  | { readonly do: "cancel" | "close"; readonly scope: number }
  | { readonly do: "move"; readonly scope: number; readonly deadline: number }
  | { readonly do: "listen"; readonly scope: number; readonly then?: Operation | undefined }
  | { readonly do: "dispose"; readonly listener: number }
  | { readonly do: "sleep"; readonly scope: number; readonly ms: number }
  /** Time passes and no timer fires, as while a loop computes. */
  | { readonly do: "compute"; readonly ms: number }
  /** The event loop turns: timers that are due fire. */
  | { readonly do: "turn" }
  /** A listener throws. */
  | { readonly do: "throw" };

export interface State {
  readonly cancelled: boolean;
  readonly owner: number | undefined;
  readonly cause: unknown;
  readonly cancelCalled: boolean;
  readonly deadline: number;
  readonly effectiveDeadline: number;
}

/** Deadlines are relative to the time at which they are set. A salt makes them different from each other. */
interface Tree {
  /**
   * "listener 3 by 1": listener 3 was called for a cancellation of scope 1. "ClosedError": an operation threw that
   * error.
   */
  readonly log: string[];
  /** How many timers are set. */
  readonly armed: number;
  apply(operation: Operation): void;
  /** Reads every scope in order of creation. Each read checks the clock. */
  states(): State[];
}

export class RealTree implements Tree {
  readonly log: string[] = [];
  readonly clock: HandClock = new HandClock();
  readonly scopes: CancelScope[] = [];
  readonly #handles: Disposable[] = [];
  readonly #salt: number;
  #operations = 0;

  constructor(salt: number) {
    this.#salt = salt;
  }

  apply(operation: Operation): void {
    const cause = this.#operations++;
    try {
      this.#apply(operation, cause);
    } catch (error) {
      this.log.push((error as Error).name);
    }
  }

  get armed(): number {
    return this.clock.armed;
  }

  #apply(operation: Operation, cause: number): void {
    const scope = "scope" in operation ? pick(this.scopes, operation.scope) : undefined;
    if (operation.do === "create") {
      const { parent, shield, deadline } = operation;
      this.scopes.push(
        new CancelScope({
          parent: parent === undefined ? undefined : pick(this.scopes, parent),
          shield,
          deadline: deadline === undefined ? undefined : this.clock.time + deadline + cause * this.#salt,
          clock: this.clock,
        }),
      );
    } else if (operation.do === "compute") this.clock.time += operation.ms;
    else if (operation.do === "turn") this.clock.fireDue();
    else if (operation.do === "dispose") pick(this.#handles, operation.listener)?.[Symbol.dispose]();
    else if (scope === undefined) return;
    else if (operation.do === "cancel") scope.cancel(cause);
    else if (operation.do === "close") scope.close();
    else if (operation.do === "move") scope.deadline = this.clock.time + operation.deadline + cause * this.#salt;
    else if (operation.do === "sleep") void scope.sleep(operation.ms).catch(() => {});
    else if (operation.do === "listen") this.#listen(scope, operation.then);
  }

  #listen(scope: CancelScope, then: Operation | undefined): void {
    this.#check(scope); // Otherwise listeners that the check calls would get numbers in between.
    const number = this.#handles.length;
    this.#handles.push({ [Symbol.dispose]() {} }); // The listener may be called at once, and add others.
    this.#handles[number] = scope.onCancel((reason) => {
      this.log.push(`listener ${number} by ${this.scopes.indexOf(reason.scope)}`);
      if (then?.do === "throw") throw new Error("thrown by a listener");
      if (then !== undefined) this.apply(then);
    });
  }

  #check(scope: CancelScope): boolean {
    return scope.cancelled;
  }

  states(): State[] {
    return this.scopes.map((scope) => ({
      cancelled: scope.cancelled,
      owner: scope.reason && this.scopes.indexOf(scope.reason.scope),
      cause: scope.reason?.cause,
      cancelCalled: scope.cancelCalled,
      deadline: scope.deadline,
      effectiveDeadline: scope.effectiveDeadline,
    }));
  }
}

interface ModelScope {
  parent: ModelScope | undefined;
  children: ModelScope[];
  readonly shield: boolean;
  deadline: number;
  reason: { readonly owner: ModelScope; readonly cause: unknown } | undefined;
  cancelCalled: boolean;
  closed: boolean;
  listeners: ModelListener[];
}

/** A timer of a scope's deadline, or of a sleep in the scope. */
interface ModelTimer {
  readonly of: "deadline" | "sleep";
  readonly scope: ModelScope;
  readonly due: number;
}

interface ModelListener {
  readonly number: number;
  readonly scope: ModelScope;
  readonly then: Operation | undefined;
  disposed: boolean;
}

export class ModelTree implements Tree {
  readonly log: string[] = [];
  /** How many listeners threw. */
  thrown = 0;
  readonly #scopes: ModelScope[] = [];
  readonly #listeners: ModelListener[] = [];
  /** In the order in which they were set. */
  readonly #timers = new Set<ModelTimer>();
  readonly #salt: number;
  #time = 0;
  #operations = 0;

  constructor(salt: number) {
    this.#salt = salt;
  }

  get armed(): number {
    return this.#timers.size;
  }

  apply(operation: Operation): void {
    const cause = this.#operations++;
    const scope = "scope" in operation ? pick(this.#scopes, operation.scope) : undefined;
    if (operation.do === "create") this.#create(operation, cause * this.#salt);
    else if (operation.do === "compute") this.#time += operation.ms;
    else if (operation.do === "turn") this.#fireDue();
    else if (operation.do === "dispose") {
      const listener = pick(this.#listeners, operation.listener);
      if (listener !== undefined) listener.disposed = true;
    } else if (scope !== undefined) {
      this.#check(scope);
      if (operation.do === "cancel") this.#cancel(scope, cause);
      else if (operation.do === "close") this.#close(scope);
      else if (operation.do === "move") this.#move(scope, this.#time + operation.deadline + cause * this.#salt);
      else if (operation.do === "sleep") this.#sleep(scope, Math.max(0, operation.ms));
      else if (operation.do === "listen") this.#listen(scope, operation.then);
    }
  }

  #create({ parent, shield, deadline = Infinity }: Operation & { readonly do: "create" }, salt: number): void {
    const above = parent === undefined ? undefined : pick(this.#scopes, parent);
    if (above?.closed) return void this.log.push("ClosedError");
    const scope: ModelScope = {
      parent: above,
      children: [],
      shield,
      deadline: Infinity,
      reason: shield ? undefined : above?.reason,
      cancelCalled: false,
      closed: false,
      listeners: [],
    };
    above?.children.push(scope);
    if (deadline !== Infinity) this.#move(scope, this.#time + deadline + salt);
    this.#scopes.push(scope);
  }

  #cancel(scope: ModelScope, cause: unknown): void {
    if (scope.closed) return;
    scope.cancelCalled = true;
    if (scope.reason !== undefined) return;
    const reached = visibleFrom(scope).filter(({ reason }) => reason === undefined);
    for (const each of reached) {
      each.reason = { owner: scope, cause };
      this.#clearTimers(each);
    }
    for (const listener of reached.flatMap(({ listeners }) => listeners)) {
      if (!listener.disposed && !listener.scope.closed) this.#tell(listener);
    }
  }

  #tell({ number, scope, then }: ModelListener): void {
    this.log.push(`listener ${number} by ${this.#scopes.indexOf(scope.reason!.owner)}`);
    if (then?.do === "throw") this.thrown++;
    else if (then !== undefined) this.apply(then);
  }

  #close(scope: ModelScope): void {
    if (scope.closed) return;
    if (scope.children.length > 0) return void this.log.push("InvalidStateError");
    if (scope.parent !== undefined) scope.parent.children = scope.parent.children.filter((child) => child !== scope);
    if (scope.reason !== undefined && scope.deadline <= this.#time) scope.cancelCalled = true;
    scope.parent = undefined;
    scope.closed = true;
    this.#clearTimers(scope);
  }

  #move(scope: ModelScope, deadline: number): void {
    if (scope.closed) return void this.log.push("ClosedError");
    if (scope.reason !== undefined && scope.deadline <= this.#time) scope.cancelCalled = true;
    scope.deadline = deadline;
    if (scope.reason !== undefined) return;
    if (deadline <= this.#time) this.#pass(scope);
    else this.#setTimer(scope);
  }

  /** Sets a timer for a deadline, unless there is one that fires earlier. */
  #setTimer(scope: ModelScope): void {
    for (const timer of this.#timers) {
      if (timer.of !== "deadline" || timer.scope !== scope) continue;
      if (timer.due <= scope.deadline) return;
      this.#timers.delete(timer);
    }
    this.#timers.add({ of: "deadline", scope, due: scope.deadline });
  }

  #clearTimers(scope: ModelScope): void {
    for (const timer of this.#timers) if (timer.scope === scope) this.#timers.delete(timer);
  }

  #sleep(scope: ModelScope, ms: number): void {
    if (scope.closed || scope.reason !== undefined) return;
    this.#timers.add({ of: "sleep", scope, due: this.#time + ms });
  }

  #fireDue(): void {
    for (const timer of this.#timers) {
      if (timer.due > this.#time) continue;
      this.#timers.delete(timer);
      if (timer.of === "sleep") this.#check(timer.scope);
      else if (timer.scope.deadline <= this.#time) this.#pass(timer.scope);
      else this.#setTimer(timer.scope);
    }
  }

  #listen(scope: ModelScope, then: Operation | undefined): void {
    const listener = { number: this.#listeners.length, scope, then, disposed: false };
    this.#listeners.push(listener);
    if (scope.reason !== undefined) this.#tell(listener);
    else if (!scope.closed) scope.listeners.push(listener);
  }

  /** Checks the clock: cancels the scope for the passed deadlines of its own chain, and for no others. */
  #check(scope: ModelScope): void {
    if (!scope.closed && scope.reason === undefined) this.#expire(scope, this.#time);
  }

  /** A deadline passes, together with the deadlines of its chain that are not later. */
  #pass(scope: ModelScope): void {
    this.#expire(scope, scope.deadline);
  }

  /**
   * Cancels the scopes of the chain whose deadlines are not later than `time`: the earliest first, of equal ones the
   * outermost.
   */
  #expire(scope: ModelScope, time: number): void {
    const due = pathFrom(scope)
      .map((each) => ({ each, deadline: each.deadline }))
      .filter(({ deadline }) => deadline <= time)
      .reverse()
      .sort((one, other) => one.deadline - other.deadline);
    for (const { each, deadline } of due) {
      if (each.closed || each.deadline > deadline) continue; // A listener of an earlier scope did this.
      this.#cancel(each, undefined);
    }
  }

  states(): State[] {
    return this.#scopes.map((scope) => {
      this.#check(scope);
      const { reason, deadline } = scope;
      if (!scope.closed && deadline <= this.#time) scope.cancelCalled = true;
      return {
        cancelled: reason !== undefined,
        owner: reason && this.#scopes.indexOf(reason.owner),
        cause: reason?.cause,
        cancelCalled: scope.cancelCalled,
        deadline,
        effectiveDeadline: reason === undefined ? Math.min(...pathFrom(scope).map((each) => each.deadline)) : -Infinity,
      };
    });
  }
}

/** The scope and every scope that sees its cancellation: parents before children, siblings in order of creation. */
function visibleFrom(scope: ModelScope): ModelScope[] {
  return [scope, ...scope.children.filter(({ shield }) => !shield).flatMap(visibleFrom)];
}

/** The scope and the ancestors that it sees, from the inside out. */
function pathFrom(scope: ModelScope): ModelScope[] {
  return [scope, ...(scope.shield || scope.parent === undefined ? [] : pathFrom(scope.parent))];
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}
