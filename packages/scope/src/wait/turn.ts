import { CancelScope } from "../cancel-scope.js";
import { hasBrand } from "../support/brand.js";
import { describeValue } from "../support/arguments.js";
import { deferred } from "../support/deferred.js";
import { isAbortSignal, ownerOf } from "../tree/abort-signal.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";
import { isOver } from "../time/deadline.js";
import { CLOSED } from "../tree/scope-tree.js";
import { endScope } from "../run/close-scope.js";
import { keepHot } from "../support/keep-hot.js";
import { Wait } from "./wait.js";

/** What a function that waits accepts as its first argument: the scope or signal of the code that waits. Its cancellation ends the wait. */
export type WaitScope = CancelScope | AbortSignal;

/**
 * Checks the scope or signal of a caller that is about to wait.
 *
 * @throws {TypeError} If it is neither a scope nor a signal.
 */
export function checkWaitScope(scope: unknown): asserts scope is WaitScope {
  if (scope instanceof CancelScope || isAbortSignal(scope) || hasBrand(scope, "@selvage/scope/CancelScope")) return;
  throw new TypeError(
    `A wait needs the CancelScope or AbortSignal of the code that waits, got ${describeValue(scope)}.`,
  );
}

/**
 * Returns the scope in which a wait of this caller stands: the given one, or the one that a signal belongs to. `undefined` for any other signal, and
 * for a scope of another copy of the package.
 */
export function scopeOf(scope: WaitScope): CancelScope | undefined {
  if (scope instanceof CancelScope) return scope;
  const owner = isAbortSignal(scope) ? ownerOf(scope) : undefined;
  return owner instanceof CancelScope ? owner : undefined;
}

/**
 * Returns the rejection of a wait in a scope or signal that is cancelled or closed, which is never unhandled; `undefined` in a live one. Nothing may be
 * started if there is one.
 */
export function refusalOf(scope: WaitScope): Promise<never> | undefined {
  const known = scopeOf(scope);
  if (known !== undefined) return known._refusal();
  if (isAbortSignal(scope) && !scope.aborted) return undefined;
  const own = new CancelScope({ parent: scope });
  const refusal = own._refusal();
  endScope(own, true);
  return refusal;
}

/** Checks the scope of a caller that is about to wait, and returns what {@link refusalOf} returns. */
export function checkedRefusal(scope: WaitScope): Promise<never> | undefined {
  if (scope instanceof CancelScope) return scope._refusal(); // the usual case, first
  checkWaitScope(scope);
  return refusalOf(scope);
}

/**
 * A wait that another call ends by handing something over: a permit, an item. It stands in a {@link TurnQueue}, and leaves it in constant time when its
 * scope is cancelled or closed.
 *
 * 1. It is resolved if and only if something was handed over to it.
 * 2. Before something is handed over, the queue looks whether it can still take it ({@link TurnQueue.first}).
 * 3. If the caller gave a signal that belongs to no scope, or a scope of another copy of the package, the wait has a scope of its own below it, which
 *    closes with the wait.
 */
export class Turn<T> extends Wait<T> implements Entry {
  declare ahead: Entry | undefined;
  declare behind: Entry | undefined;
  declare queue: TurnQueue<Entry> | undefined;
  readonly #resolve: (value: T) => void;
  /** The scope of its own, which it closes (3); `undefined` if it waits in the caller's. */
  readonly #own: CancelScope | undefined;

  /** @param scope - A live scope or signal. */
  constructor(scope: WaitScope) {
    const known = scopeOf(scope);
    const own = known ?? new CancelScope({ parent: scope });
    const result = deferred<T>();
    super(own, result);
    this.ahead = undefined;
    this.behind = undefined;
    this.queue = undefined;
    this.#own = known === undefined ? own : undefined;
    this.#resolve = result.resolve;
  }

  /**
   * Begins the wait, at the end of a queue. Returns the promise. If foreign code has ended the scope since the caller checked it (a clock, an observer),
   * the promise is rejected.
   */
  stand(queue: TurnQueue<this>): Promise<T> {
    const { _reason: reason, _flags: flags } = this.scope!;
    if (reason === undefined && (flags & CLOSED) === 0) {
      queue.add(this);
      addWaiter(this); // last, because an observer may cancel the scope
      return this.promise;
    }
    if (reason === undefined) this.closed();
    else this.cancelled(reason);
    this.scope = undefined;
    return this.promise;
  }

  /** Ends the wait: hands a value over. */
  grant(value: T): void {
    this.settle(value); // first, because the rest may run foreign code
    this.finish();
  }

  /** The first half of `grant`: from now on nothing else decides the result. No foreign code runs. A handover between two waits settles both first. */
  settle(value: T): void {
    this.#resolve(value);
  }

  /** The second half of `grant`. It may run foreign code: an observer. */
  finish(): void {
    this.#end();
  }

  /** Ends the wait with an error that is not the scope's. */
  refuse(error: unknown): void {
    this.reject(error);
    this.#end();
    try {
      this.left();
    } catch {
      // A clock throws. The wait has already failed.
    }
  }

  /** Called when the scope ends the wait. */
  override leave(): void {
    this.queue?.remove(this);
    if (this.#own !== undefined) endScope(this.#own, true);
    this.left();
  }

  /** Called when the wait has ended and nothing was handed over to it. An error is that of a clock. */
  left(): void {}

  #end(): void {
    removeWaiter(this);
    this.queue?.remove(this);
    if (this.#own !== undefined) endScope(this.#own, true);
  }
}

/** Something in a {@link TurnQueue}. The queue sets the links. */
export interface Entry {
  /** The scope in which it waits; `undefined` once it no longer waits. */
  readonly scope: CancelScope | undefined;
  /** The entry before it; `undefined` for the first, and for an entry that is in no queue. */
  ahead: Entry | undefined;
  /** The entry after it; `undefined` for the last, and for an entry that is in no queue. */
  behind: Entry | undefined;
  /** The queue that it is in. */
  queue: TurnQueue<Entry> | undefined;
  /** Called if its clock throws when it is asked whether it can take something. */
  refuse(error: Error): void;
}

/** A queue, first in, first out. Entries leave it in constant time. */
export class TurnQueue<E extends Entry> {
  /** How many entries there are. */
  length = 0;
  #first: E | undefined = undefined;
  #last: E | undefined = undefined;

  /** Adds an entry at the end. */
  add(entry: E): void {
    entry.queue = this;
    entry.ahead = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.behind = entry;
    this.#last = entry;
    this.length++;
  }

  /** Removes an entry, if it is in this queue. */
  remove(entry: E): void {
    if (entry.queue !== (this as unknown)) return;
    const { ahead, behind } = entry as { ahead: E | undefined; behind: E | undefined };
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    entry.ahead = entry.behind = entry.queue = undefined;
    this.length--;
  }

  /**
   * The first entry that can still take something. Entries before it whose scope has ended, or whose time is up, are removed: the cancellation of their
   * scope, or the timer of their deadline, ends their wait.
   */
  get first(): E | undefined {
    for (let entry = this.#first; entry !== undefined; entry = this.#first) {
      let isLost: boolean;
      try {
        isLost = entry.scope === undefined || isOver(entry.scope);
      } catch (error) {
        this.remove(entry);
        entry.refuse(error as Error); // a clock that throws fails only this wait (C1)
        continue;
      }
      if (isLost) this.remove(entry);
      else if (entry === this.#first) return entry; // the clock is foreign code, which may have taken it from the queue
    }
    return undefined;
  }

  /** Iterates over a copy. Foreign code that runs meanwhile may remove any entry, which then has no `queue`. */
  [Symbol.iterator](): Iterator<E> {
    const entries: E[] = [];
    for (let entry = this.#first; entry !== undefined; entry = entry.behind as E | undefined) entries.push(entry);
    return entries.values();
  }
}

keepHot((clock) => new Turn(new CancelScope({ clock })));
