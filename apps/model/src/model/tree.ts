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
  /** The reason at its deadline, if that is a time of a shutdown (V4); `undefined` for a deadline that the program set. */
  expiry: Cancellation | undefined = undefined;
  reason: Cancellation | undefined = undefined;
  closed = false;
  /** Whether the program listens for its cancellation. */ watched = false;
  /** Whether its owner may close it at any moment, so that a cancellation may or may not reach it. */
  isEnding: () => boolean = () => false;
  /**
   * The listeners, by their owner: the program, a signal that aborts, a task that is not ready, a shutdown. They are
   * called in order of registration, before those below the scope.
   */
  readonly followers: Map<unknown, () => void> = new Map<unknown, () => void>();
  /** Called when it has been cancelled. */ onMark: () => void = () => {};

  constructor(id: number, parent: Scope | undefined, shield = false, name: string = String(id)) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.shield = shield;
    parent?.children.add(this);
    if (!shield) this.reason = parent?.reason; // S3
  }

  /** The scope and the ancestors whose cancellation it sees (S11), innermost first. */
  *visible(): Generator<Scope> {
    let scope: Scope | undefined = this;
    for (; scope !== undefined; scope = scope.shield ? undefined : scope.parent) yield scope;
  }

  /** The scope and everything below it. */
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
  /** All scopes, by id. */ readonly scopes: Map<number, Scope> = new Map<number, Scope>();
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  make(id: number, parent: Scope, shield = false, name: string = String(id)): Scope {
    const scope = new Scope(id, parent, shield, name);
    this.scopes.set(id, scope);
    return scope;
  }

  /** The outer owner that stands for a signal: it is cancelled when `scope` is cancelled (S8). */
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

  /** The program starts to listen; the listener is called at once if the scope is cancelled (S6). */
  watch(scope: Scope): void {
    const listen = (): void => {
      this.#agenda.mustCome(scope.id, "cancelled", textOf(scope.reason!));
    };
    scope.watched = true;
    if (scope.reason === undefined) scope.followers.set(listen, listen);
    else listen();
  }

  /** Cancels a scope, unless it is closed, or a visible deadline has passed and was first. */
  cancel(scope: Scope, cause: Fault | string): void {
    if (scope.closed) return;
    this.look(scope);
    this.#mark(scope, { kind: "cancelled", owner: scope, cause, deadline: undefined });
  }

  /** Cancels a scope with a shared reason, as `cancel` does (V4). */
  cancelFor(scope: Scope, reason: Cancellation): void {
    if (scope.closed) return;
    this.look(scope);
    this.#mark(scope, reason);
  }

  /** Passes on the cancellation of another scope (T10). A visible deadline of this scope that has passed comes first. */
  pass(scope: Scope, reason: Cancellation): void {
    if (scope.closed) return;
    this.look(scope);
    this.#mark(scope, reason);
  }

  /** The same for a scope in which everything has ended, which the cancellation may or may not reach. */
  mayPass(scope: Scope, reason: Cancellation): void {
    if (!scope.closed && scope.reason === undefined) this.#mayReach(scope, reason);
  }

  /** Sets a new scope's deadline: one that has passed cancels at once (S10). */
  setDeadline(scope: Scope, when: number): void {
    scope.deadline = when;
    if (when <= this.#agenda.now) this.look(scope);
  }

  /** Moves a deadline, unless it has passed. */
  moveDeadline(scope: Scope, when: number): void {
    this.look(scope);
    this.setDeadline(scope, when);
  }

  /** Bounds the time of a scope: at that time it is cancelled with this reason, unless its deadline is earlier (V4). */
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

  /** The check of the clock by every member that reads the state of a scope (S9): only the deadlines that the scope sees. */
  look(scope: Scope): void {
    for (let owner = this.passed(scope); owner !== undefined; owner = this.passed(scope)) this.expire(owner);
  }

  /**
   * The visible scope whose deadline has passed and owns the pending cancellation: the earliest, and among equal ones
   * the outermost (S9).
   */
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

  /** First the visible subtree is marked, then listeners run: parents before children, siblings in order of creation (S2). */
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

  /** A cancellation may or may not reach a scope that is about to close. If it does, it comes before any other event. */
  #mayReach(scope: Scope, reason: Cancellation): void {
    this.#agenda.mayCome(scope.id, "cancelled", textOf(reason), () => {
      scope.reason = reason;
      for (const follower of scope.followers.values()) follower();
      this.#agenda.forget(scope.id, "cancelled"); // it is this event
      scope.onMark();
      for (const child of scope.children)
        if (!child.shield && child.reason === undefined) this.#mayReach(child, reason);
    });
  }
}
