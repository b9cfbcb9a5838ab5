/**
 * Two trees of scopes that take the same operations: the real one, and a model of it that is recursive, naive, and meant to be
 * obviously right. Scopes and listeners are told apart by their number, in order of creation.
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
  /** Time passes and no timer fires: a loop is computing. */
  | { readonly do: "compute"; readonly ms: number }
  /** The event loop turns: what is due fires. */
  | { readonly do: "turn" }
  /** What a listener may do besides. */
  | { readonly do: "throw" };

export interface State {
  readonly cancelled: boolean;
  readonly owner: number | undefined;
  readonly cause: unknown;
  readonly cancelCalled: boolean;
  readonly deadline: number;
  readonly effectiveDeadline: number;
}

/**
 * Deadlines are given relative to the time at which they are set; a salt makes them differ, as it is not said in which order equal
 * ones pass that do not see each other.
 */
interface Tree {
  /** "listener 3 by 1" where the third listener was told of a cancellation of scope 1; "ClosedError" where an operation threw that. */
  readonly log: string[];
  apply(operation: Operation): void;
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
    void scope.cancelled; // or listeners that the check calls would be numbered in between
    const number = this.#handles.length;
    this.#handles.push({ [Symbol.dispose]() {} }); // it may be told at once, and add others
    this.#handles[number] = scope.onCancel((reason) => {
      this.log.push(`listener ${number} by ${this.scopes.indexOf(reason.scope)}`);
      if (then?.do === "throw") throw new Error("thrown by a listener");
      if (then !== undefined) this.apply(then);
    });
  }

  states(): State[] {
    for (const scope of this.scopes) void scope.cancelled; // listeners may add scopes, which are checked as well
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
  /** For when its timer is set; `Infinity` if there is none. It may be earlier than the deadline. */
  armed: number;
  /** Which of the timers was set first. */
  order: number;
}

interface ModelSleep {
  readonly scope: ModelScope;
  readonly armed: number;
  readonly order: number;
}

interface ModelListener {
  readonly number: number;
  readonly scope: ModelScope;
  readonly then: Operation | undefined;
  disposed: boolean;
}

export class ModelTree implements Tree {
  readonly log: string[] = [];
  /** How many listeners have thrown. */
  thrown = 0;
  readonly #scopes: ModelScope[] = [];
  readonly #listeners: ModelListener[] = [];
  #sleeps: ModelSleep[] = [];
  #timers = 0;
  readonly #salt: number;
  #time = 0;
  #operations = 0;

  constructor(salt: number) {
    this.#salt = salt;
  }

  apply(operation: Operation): void {
    const cause = this.#operations++;
    const scope = "scope" in operation ? pick(this.#scopes, operation.scope) : undefined;
    if (operation.do === "create") this.#create(operation, cause * this.#salt);
    else if (operation.do === "compute") this.#time += operation.ms;
    else if (operation.do === "turn") this.#turn();
    else if (operation.do === "dispose") {
      const listener = pick(this.#listeners, operation.listener);
      if (listener !== undefined) listener.disposed = true;
    } else if (scope !== undefined && !(operation.do === "close" && scope.closed)) {
      this.#look(scope);
      if (operation.do === "sleep") this.#sleep(scope, operation.ms);
      else if (operation.do === "cancel") this.#cancel(scope, cause);
      else if (operation.do === "close") this.#close(scope);
      else if (operation.do === "move") this.#move(scope, this.#time + operation.deadline + cause * this.#salt);
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
      deadline: this.#time + deadline + salt,
      reason: shield ? undefined : above?.reason,
      cancelCalled: false,
      closed: false,
      listeners: [],
      armed: Infinity,
      order: 0,
    };
    above?.children.push(scope);
    this.#arm(scope);
    this.#scopes.push(scope);
  }

  #cancel(scope: ModelScope, cause: unknown): void {
    if (scope.closed) return;
    scope.cancelCalled = true;
    if (scope.reason !== undefined) return;
    const reached = visibleFrom(scope).filter(({ reason }) => reason === undefined);
    for (const each of reached) each.reason = { owner: scope, cause };
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
    if (scope.reason !== undefined && scope.deadline <= this.#time) scope.cancelCalled = true;
    if (scope.parent !== undefined) scope.parent.children = scope.parent.children.filter((child) => child !== scope);
    scope.parent = undefined;
    scope.closed = true;
  }

  #move(scope: ModelScope, deadline: number): void {
    if (scope.closed) return void this.log.push("ClosedError");
    if (scope.reason !== undefined && scope.deadline <= this.#time) scope.cancelCalled = true;
    scope.deadline = deadline;
    this.#arm(scope);
  }

  /** A deadline was set: it passes at once, or a timer is set unless there is one that is early enough. */
  #arm(scope: ModelScope): void {
    if (scope.reason !== undefined || scope.deadline === Infinity) return;
    if (scope.deadline <= this.#time) this.#expire(scope);
    else if (scope.deadline < scope.armed) Object.assign(scope, { armed: scope.deadline, order: this.#timers++ });
  }

  #sleep(scope: ModelScope, ms: number): void {
    if (scope.closed || scope.reason !== undefined) return;
    this.#sleeps.push({ scope, armed: this.#time + ms, order: this.#timers++ });
  }

  /** The timers fire, one after another: of those set for one time, the one that was set first. */
  #turn(): void {
    for (;;) {
      const live = this.#scopes.filter(({ closed, reason }) => !closed && reason === undefined);
      this.#sleeps = this.#sleeps.filter(({ scope }) => live.includes(scope));
      const [first] = [...live, ...this.#sleeps]
        .filter(({ armed }) => armed <= this.#time)
        .sort((one, other) => one.armed - other.armed || one.order - other.order);
      if (first === undefined) return;
      if ("scope" in first) {
        this.#sleeps = this.#sleeps.filter((sleep) => sleep !== first);
        this.#look(first.scope);
      } else if (first.deadline > this.#time) {
        Object.assign(first, { armed: first.deadline, order: this.#timers++ });
      } else {
        first.armed = Infinity;
        this.#expire(first);
      }
    }
  }

  #listen(scope: ModelScope, then: Operation | undefined): void {
    const listener = { number: this.#listeners.length, scope, then, disposed: false };
    this.#listeners.push(listener);
    if (scope.reason !== undefined) this.#tell(listener);
    else if (!scope.closed) scope.listeners.push(listener);
  }

  /** A check of the clock: what has passed of what the scope sees. */
  #look(scope: ModelScope): void {
    if (scope.closed || scope.reason !== undefined) return;
    this.#pass(pathFrom(scope).filter(({ deadline }) => deadline <= this.#time));
  }

  /** A deadline passes, and those that the scope sees above it and that are not later. */
  #expire(scope: ModelScope): void {
    this.#pass(pathFrom(scope).filter(({ deadline }) => deadline <= scope.deadline));
  }

  /** The earliest first, of equal ones the outermost. */
  #pass(path: ModelScope[]): void {
    for (const scope of path.reverse().sort((one, other) => one.deadline - other.deadline))
      this.#cancel(scope, undefined);
  }

  states(): State[] {
    for (const scope of this.#scopes) this.#look(scope);
    return this.#scopes.map((scope) => ({
      cancelled: scope.reason !== undefined,
      owner: scope.reason && this.#scopes.indexOf(scope.reason.owner),
      cause: scope.reason?.cause,
      cancelCalled: scope.cancelCalled || (!scope.closed && scope.deadline <= this.#time),
      deadline: scope.deadline,
      effectiveDeadline:
        scope.reason === undefined ? Math.min(...pathFrom(scope).map(({ deadline }) => deadline)) : -Infinity,
    }));
  }
}

/** The scope and all that sees its cancellation, parents before children, siblings in order of creation. */
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
