import { type Cancellation, type Fault, textOf } from "./fault.js";
import type { Agenda } from "./agenda.js";

/** A scope of the model. */
export class Scope {
  readonly id: number;
  readonly name: string;
  readonly shield: boolean;
  /** In order of creation. */ readonly children: Set<Scope> = new Set<Scope>();
  parent: Scope | undefined;
  deadline: number = Infinity;
  /** What cancels it at its deadline, where that is a time of a shutdown (V4); `undefined` for a deadline that the program set. */
  expiry: Cancellation | undefined = undefined;
  reason: Cancellation | undefined = undefined;
  closed = false;
  /** Whether the program listens for its cancellation. */ watched = false;
  /** Whether its owner may close it at any moment from now on: whether a cancellation still reaches it is not promised. */
  isEnding: () => boolean = () => false;
  /**
   * What listens, by what it belongs to: the program, a signal that is aborted, a task that is not ready, a shutdown. They are called in
   * order of registration, before what is below the scope.
   */
  readonly followers: Map<unknown, () => void> = new Map<unknown, () => void>();
  /** To be called when it has been cancelled. */ onMark: () => void = () => {};

  constructor(id: number, parent: Scope | undefined, shield = false, name: string = String(id)) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.shield = shield;
    parent?.children.add(this);
    if (!shield) this.reason = parent?.reason; // S3
  }

  /** Itself, and the ancestors whose cancellation it sees (S11): innermost first. */
  *visible(): Generator<Scope> {
    let scope: Scope | undefined = this;
    for (; scope !== undefined; scope = scope.shield ? undefined : scope.parent) yield scope;
  }

  /** Itself and what is below it. */
  *below(): Generator<Scope> {
    yield this;
    for (const child of this.children) yield* child.below();
  }

  detach(): void {
    this.parent?.children.delete(this);
    this.parent = undefined;
  }

  close(): void {
    this.closed = true;
    this.detach();
  }
}

/** The rules of the tree of scopes: S1, S2, S3, S9, S10, S11. */
export class Tree {
  /** All that were made, by id. */ readonly scopes: Map<number, Scope> = new Map<number, Scope>();
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  make(id: number, parent: Scope, shield = false, name: string = String(id)): Scope {
    const scope = new Scope(id, parent, shield, name);
    this.scopes.set(id, scope);
    return scope;
  }

  /** The outer owner that a signal is: it is aborted when `scope` is cancelled (S8). */
  follow(id: number, scope: Scope): Scope {
    const outer = new Scope(id, undefined, false, "an AbortSignal");
    const abort = (): void => {
      this.#mark(outer, { kind: "cancelled", owner: outer, cause: `outer ${id}`, deadline: undefined });
    };
    this.look(scope);
    if (scope.reason === undefined) scope.followers.set(id, abort);
    else abort();
    return outer;
  }

  /** From now on the program listens: at once, if it is cancelled (S6). */
  watch(scope: Scope): void {
    const listen = (): void => {
      this.#agenda.mustCome(scope.id, "cancelled", textOf(scope.reason!));
    };
    scope.watched = true;
    if (scope.reason === undefined) scope.followers.set(listen, listen);
    else listen();
  }

  /** Cancels a scope, unless it is closed, or a deadline that the scope sees has passed and was first. */
  cancel(scope: Scope, cause: Fault | string): void {
    if (scope.closed) return;
    this.look(scope);
    this.#mark(scope, { kind: "cancelled", owner: scope, cause, deadline: undefined });
  }

  /** Cancels a scope with a reason that others share, as `cancel` does (V4). */
  cancelFor(scope: Scope, reason: Cancellation): void {
    if (scope.closed) return;
    this.look(scope);
    this.#mark(scope, reason);
  }

  /** Passes on a cancellation of another scope, without a check of the clock (T10). */
  pass(scope: Scope, reason: Cancellation): void {
    if (!scope.closed) this.#mark(scope, reason);
  }

  /** The same, where it is not promised that it still reaches the scope: one in which everything has ended. */
  mayPass(scope: Scope, reason: Cancellation): void {
    if (!scope.closed && scope.reason === undefined) this.#mayReach(scope, reason);
  }

  /** Sets a new scope's deadline: one that has passed cancels at once (S10). */
  setDeadline(scope: Scope, when: number): void {
    scope.deadline = when;
    if (when <= this.#agenda.now) this.look(scope);
  }

  /** Moves it, unless it has passed. */
  moveDeadline(scope: Scope, when: number): void {
    this.look(scope);
    this.setDeadline(scope, when);
  }

  /** Bounds the time of a scope: it is cancelled with this reason then, unless its deadline is earlier (V4). */
  cancelAt(scope: Scope, when: number, reason: Cancellation): void {
    this.look(scope);
    if (scope.reason !== undefined || scope.closed || scope.deadline <= when) return;
    scope.expiry = reason;
    scope.deadline = when;
  }

  /** The earliest deadline that a scope sees; `-Infinity` once it is cancelled (S10). */
  effectiveDeadline(scope: Scope): number {
    this.look(scope);
    if (scope.reason !== undefined) return -Infinity;
    return Math.min(...[...scope.visible()].map(({ deadline }) => deadline));
  }

  /** A check of the clock, as all who read the state of a scope make (S9): the deadlines that the scope sees, and no others. */
  look(scope: Scope): void {
    for (let owner = this.passed(scope); owner !== undefined; owner = this.passed(scope)) this.expire(owner);
  }

  /** Whose deadline has passed, of those that the scope sees, and has yet to cancel it: the earliest's, the outermost's (S9). */
  passed(scope: Scope): Scope | undefined {
    if (scope.reason !== undefined || scope.closed) return undefined;
    let owner: Scope | undefined;
    for (const one of scope.visible()) {
      if (one.reason !== undefined) continue;
      if (one.deadline <= Math.min(this.#agenda.now, owner?.deadline ?? Infinity)) owner = one;
    }
    return owner;
  }

  expire(owner: Scope): void {
    this.#mark(owner, this.expiryOf(owner), true);
  }

  /** The cancellation of a scope by its own deadline. */
  expiryOf(owner: Scope): Cancellation {
    const { expiry, deadline } = owner;
    return expiry ?? { kind: "cancelled", owner, cause: undefined, deadline };
  }

  /** First all that see it are marked, then all are told, parents before children, siblings in order of creation (S2). */
  #mark(root: Scope, reason: Cancellation, byDeadline = false): void {
    const marked: Scope[] = [];
    const visit = (scope: Scope): void => {
      if (scope.reason !== undefined) return;
      if (scope.isEnding() && !(byDeadline && scope === root)) {
        this.#mayReach(scope, reason);
        return;
      }
      scope.reason = reason;
      marked.push(scope);
      for (const child of scope.children) if (!child.shield) visit(child);
    };
    visit(root);
    for (const { followers } of marked) for (const follower of followers.values()) follower();
    for (const scope of marked) scope.onMark();
  }

  /** It is not promised that a cancellation reaches a scope that is about to be closed. If it does, it comes before any other. */
  #mayReach(scope: Scope, reason: Cancellation): void {
    this.#agenda.mayCome(scope.id, "cancelled", textOf(reason), () => {
      this.#agenda.forget(scope.id, "cancelled");
      scope.reason = reason;
    });
  }
}
