/// <reference lib="esnext.disposable" preserve="true" />
/* eslint-disable max-lines -- one public class, and most of it is its documentation */
import { createSignal } from "./tree/abort-signal.js";
import { brand } from "./support/brand.js";
import { CancelledError } from "./error/cancelled-error.js";
import type { Clock } from "./time/clock.js";
import { type Deadline, earliestDeadline, look, ownDeadlinePassed } from "./time/deadline.js";
import { moveDeadline } from "./time/move-deadline.js";
import { handled, rejected, silence } from "./support/deferred.js";
import { checkFunction, checkTime } from "./support/arguments.js";
import { ClosedError, InvalidStateError } from "./error/errors.js";
import { quoteName } from "./error/escape.js";
import { addListener } from "./tree/listener.js";
import { turn } from "./time/macrotask.js";
import { platformClock } from "./time/platform-clock.js";
import { beginWait, endWait } from "./wait/pending-waits.js";
import { closeScope } from "./run/close-scope.js";
import { runBody } from "./run/run-scope.js";
import { raceIn } from "./wait/race.js";
import { configure, DEFAULTS, UNLINKED } from "./tree/scope-options.js";
import { CANCEL_CALLED, CANCELLED_CAUGHT, cancelTree, CLOSED, ownDeadline, STARTED } from "./tree/scope-tree.js";
import { type IsCut, settleIn } from "./wait/settle.js";
import { sleepUntil } from "./wait/sleep.js";
import { addMethod, dispose, inspect } from "./support/symbols.js";
import type { Failed } from "./tree/observer.js";
import type { Waiter } from "./tree/waiter.js";
import { keepHot } from "./support/keep-hot.js";

/** How a {@link CancelScope} is made. */
export interface CancelScopeOptions {
  /**
   * Whose cancellation reaches this scope: another scope, or a signal as an outer owner; `null` for none. Default: none, or the
   * enclosing scope once `@selvage/scope/ambient` is imported.
   */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** When the scope cancels itself, in milliseconds on its clock ({@link now}). Default: `Infinity`, never. */
  readonly deadline?: number | undefined;
  /** Hides the ancestors' cancellation and deadlines: for cleanup, which is then given a deadline of its own. Default: false. */
  readonly shield?: boolean | undefined;
  /** What messages and {@link describeTree} call it. */
  readonly name?: string | undefined;
  /** Where its time comes from. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** What a scope belongs to, where it is not used by itself: a task, or an owner of tasks. */
export interface ScopeLabel {
  readonly kind: string;
  readonly name: string | undefined;
  readonly status?: string;
  /** True of an owner of tasks, each of which has a scope below. */
  readonly isOwner?: boolean;
  /**
   * The scope ends: what the work in it has failed with.
   *
   * @param failure - What has failed as the scope ended; `undefined` if nothing has.
   */
  _failed?(failure: unknown): Failed | undefined;
}

/**
 * A node in a cancellation tree: what is cancelled here is cancelled in everything below, and nowhere else.
 *
 * Cancellation is cooperative: work is handed a scope, passes `scope.signal` to what accepts one, and uses `sleep`, `race`,
 * `checkpoint` or `throwIfCancelled` elsewhere. It is a level, not an edge: a cancelled scope stays cancelled. And it has an
 * owner: the `CancelledError` names the scope that was cancelled, and only that scope's `run` absorbs it.
 *
 * A scope made with `new` must be closed (`close()` or `using`); {@link CancelScope.run} does it for you. An open scope costs its
 * parent one link, a closed one nothing. No `AbortController` is made until `signal` is read.
 *
 * Kin: Trio's `CancelScope`, whose level cancellation, shields and deadlines these are.
 *
 * @throws {TypeError} Where an option is of the wrong type. @throws {ClosedError} Where the parent is closed.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 *
 * using scope = new CancelScope({ name: "search" });
 * scope.onCancel((reason) => console.log(reason.cause));
 * scope.cancel("the user typed on");
 * console.assert(scope.cancelled && scope.signal.aborted);
 * ```
 */
export class CancelScope {
  // Fourteen words on a 64-bit machine, and no object besides until something asks for one: keep it so. All are set in the
  // constructor, in one order, so that there is one hidden class. Invariants: scope-tree.ts.
  /** @internal */ _parent: CancelScope | undefined = undefined;
  /** @internal */ _firstChild: CancelScope | undefined = undefined;
  /** @internal */ _next: CancelScope | undefined = undefined;
  /** @internal */ _previous: CancelScope | undefined = undefined;
  /** @internal */ _reason: CancelledError | undefined = undefined;
  /** @internal */ _flags = 0;
  /** @internal */ _waiters: Waiter | undefined = undefined;
  /** @internal */ _signal: AbortSignal | undefined = undefined;
  /** @internal The nearest deadline that the scope sees, its own or an ancestor's; `undefined` if there is none (deadline.ts). */
  _limit: Deadline | undefined = undefined;
  /** @internal `undefined` for the platform's, whichever that is when it is used. */
  _clock: Clock | undefined = undefined;
  /** @internal A name, or what the scope belongs to. */ _label: string | ScopeLabel | undefined = undefined;

  constructor(options: CancelScopeOptions = DEFAULTS) {
    configure(this, options, CancelScope);
  }

  /**
   * Runs `body` in a new scope, waits for it, and closes the scope: `new CancelScope(options).run(body)`.
   *
   * **Cancellation**: resolves `undefined` if this scope's own cancellation (or deadline) cut the body short; see {@link CancelScope.run}.
   *
   * @throws {TypeError} Synchronously, where `body` is no function or an option is of the wrong type.
   * @example
   * ```ts
   * import { CancelScope, now } from "@selvage/scope";
   *
   * const answer = await CancelScope.run(
   *   async (scope) => {
   *     await scope.sleep(60_000);
   *     return 42;
   *   },
   *   { deadline: now() + 10 },
   * );
   * console.assert(answer === undefined);
   * ```
   */
  static run<T>(
    body: (scope: CancelScope) => T | PromiseLike<T>,
    options?: CancelScopeOptions,
  ): Promise<T | undefined> {
    checkFunction(body, "The body");
    return new CancelScope(options).run(body);
  }

  /** The name given, if any. */
  get name(): string | undefined {
    const subject = this._label;
    return typeof subject === "object" ? subject.name : subject;
  }

  /** Where the scope's time comes from: `scope.clock.now()` is what its deadline is measured on. */
  get clock(): Clock {
    return this._clock ?? platformClock();
  }

  /** True once this scope, or an ancestor with no shield between, was cancelled or its deadline has passed; never false again. */
  get cancelled(): boolean {
    look(this);
    return this._reason !== undefined;
  }

  /** Why it is cancelled: the error that all its work is rejected with. `undefined` while it is not. */
  get reason(): CancelledError | undefined {
    look(this);
    return this._reason;
  }

  /** True once `cancel` was called on this very scope or its own deadline passed, also if an ancestor was first. */
  get cancelCalled(): boolean {
    look(this);
    if ((this._flags & (CANCEL_CALLED | CLOSED)) === 0 && ownDeadlinePassed(this)) this._flags |= CANCEL_CALLED;
    return (this._flags & CANCEL_CALLED) !== 0;
  }

  /** True once `run` has absorbed this scope's own cancellation. */
  get cancelledCaught(): boolean {
    return (this._flags & CANCELLED_CAUGHT) !== 0;
  }

  /**
   * A signal that aborts with the scope, for `fetch`, streams, timers and libraries; its `reason` is the scope's
   * `CancelledError`. Made on first read, aborted already where the scope is; the same one every time.
   */
  get signal(): AbortSignal {
    look(this);
    return (this._signal ??= createSignal(this));
  }

  /**
   * When the scope cancels itself, in milliseconds on its clock; `Infinity` for never. It may be moved either way while the
   * scope is open; a time already past cancels at once; no move revives a cancelled scope. Moving it later touches no timer.
   * It does not keep the process alive. In a shutdown, the end of a task's grace bounds its deadline: it cannot be moved beyond.
   *
   * @throws {TypeError} Set to `NaN` or to no number. @throws {ClosedError} Set on a closed scope.
   */
  get deadline(): number {
    return ownDeadline(this)?.when ?? Infinity;
  }

  set deadline(when: number) {
    checkTime(when, "A deadline");
    look(this);
    moveDeadline(this, when);
  }

  /** The earliest deadline that the scope sees, its own or an ancestor's; `-Infinity` once it is cancelled. */
  get effectiveDeadline(): number {
    look(this);
    return this._reason === undefined ? earliestDeadline(this) : -Infinity;
  }

  /**
   * Cancels this scope and everything below it that no shield hides.
   *
   * Synchronous and idempotent: the first reason wins, here and below. First the whole subtree is marked; then signals abort
   * and listeners run, parents before children, siblings in order of creation. A closed scope is left as it is.
   *
   * @param reason Becomes the `cause` of the `CancelledError`.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   *
   * using parent = new CancelScope();
   * using child = new CancelScope({ parent });
   * parent.cancel();
   * console.assert(child.cancelled && child.reason?.scope === parent && !child.cancelCalled);
   * ```
   */
  cancel(reason?: unknown): void {
    look(this);
    if ((this._flags & CLOSED) !== 0) return;
    this._flags |= CANCEL_CALLED;
    if (this._reason === undefined) cancelTree(this, CancelledError._create(this, reason));
  }

  /**
   * Throws the scope's `CancelledError` if it is cancelled: a place for synchronous or long-computing work to stop. It looks at
   * the clock, so that a deadline is honoured although the event loop has not turned.
   *
   * @throws {CancelledError} Where the scope is cancelled.
   */
  throwIfCancelled(): void {
    look(this);
    if (this._reason !== undefined) throw this._reason;
  }

  /**
   * Calls `listener` when the scope is cancelled; at once if it already is.
   *
   * What the listener throws is reported as uncaught, and stops neither the cancellation nor other listeners. It is not
   * called once the handle is disposed of, or the scope closed.
   *
   * @returns A handle that unregisters the listener, in constant time.
   * @throws {TypeError} Where `listener` is no function.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   *
   * await CancelScope.run((scope) => {
   *   using registration = scope.onCancel(() => console.log("close the socket"));
   * });
   * ```
   */
  onCancel(listener: (reason: CancelledError) => void): Disposable {
    checkFunction(listener, "The listener");
    look(this);
    return addListener(this, listener);
  }

  /**
   * Waits `ms` milliseconds on the scope's clock; `Infinity` waits for the cancellation alone. Until it settles it keeps the process alive.
   *
   * **Cancellation**: rejects with the scope's `CancelledError` as soon as it is cancelled, at once if it already is, and with a
   * `ClosedError` when the scope is closed. Neither is ever an unhandled rejection. The timer is cleared.
   *
   * @throws {TypeError} Synchronously, where `ms` is `NaN` or no number.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   *
   * await CancelScope.run(async (scope) => {
   *   await scope.sleep(10);
   * });
   * ```
   */
  sleep(ms: number): Promise<void> {
    checkTime(ms, "A time to sleep");
    const { clock } = this;
    const isTimed = ms !== Infinity || clock.isReal === true; // real timers keep the process alive, which a promise does not
    const now = isTimed ? clock.now() : Infinity; // first: a clock is other code, which may end the scope
    return this._refusal() ?? sleepUntil(this, now + Math.max(0, ms), now) ?? this._refusal()!;
  }

  /**
   * Waits for a promise, but no longer than until the scope is cancelled. The promise is abandoned then, not stopped: prefer
   * handing `scope.signal` to whatever makes it. Nothing is retained once either has settled, however long the other lives.
   *
   * **Cancellation**: rejects with the scope's `CancelledError` as soon as it is cancelled, at once if it already is, and with a
   * `ClosedError` when the scope is closed. Neither is ever an unhandled rejection, nor is a late one of the abandoned promise.
   * When the promise settles, the scope is checked first: if its deadline has passed, the deadline wins.
   * In a scope that is cancelled or closed it starts nothing: the `then` of a thenable that is not a promise is not called.
   *
   * @example
   * ```ts
   * import { CancelScope, now } from "@selvage/scope";
   *
   * const slow = new Promise((resolve) => setTimeout(resolve, 100));
   * const result = await CancelScope.run((scope) => scope.race(slow), { deadline: now() + 10 });
   * console.assert(result === undefined);
   * ```
   */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    const refusal = this._refusal();
    if (refusal === undefined) return raceIn(this, promise);
    silence(promise);
    return refusal;
  }

  /**
   * Waits until a promise has settled, however long that takes, and takes its rejection for the cancellation if the scope is
   * cancelled by then. Use it for work that ends with its own error when it is torn down: a stream that `onCancel` destroys, or a
   * client with its own abort error. For a promise that may never settle, use {@link CancelScope.race}.
   *
   * **Cancellation**: does not end the wait. If the scope is cancelled when the promise rejects, and `isCut(error)` holds, it rejects
   * with the scope's `CancelledError`, which is never an unhandled rejection; the replaced error is `task.raised`. A `TimeoutError`, and
   * an aggregate with a member that is not a cancellation, pass unchanged. A value stays a value. In a scope that is already
   * cancelled or closed it still waits for a promise, but does not call the `then` of another thenable: it rejects at once.
   *
   * @param isCut - Which rejections are the cancellation. Default: all.
   * @throws {TypeError} Synchronously, if `isCut` is not a function.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   *
   * const result = await CancelScope.run((scope) => {
   *   const upload = new Promise((_, reject) => scope.onCancel(() => reject(new Error("torn down"))));
   *   queueMicrotask(() => scope.cancel());
   *   return scope.settle(upload);
   * });
   * console.assert(result === undefined); // absorbed: it was the cancellation
   * ```
   */
  settle<T>(promise: PromiseLike<T>, isCut: IsCut = () => true): Promise<T> {
    checkFunction(isCut, "isCut");
    return settleIn(this, promise, isCut);
  }

  /**
   * Lets the event loop turn (a macrotask), then rejects with the scope's `CancelledError` if it is cancelled: for long
   * computations, and for loops that would otherwise only ever wait for what is ready.
   *
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   *
   * await CancelScope.run(async (scope) => {
   *   for (let chunk = 0; chunk < 3; chunk++) await scope.checkpoint();
   * });
   * ```
   */
  checkpoint(): Promise<void> {
    beginWait(this);
    return handled(
      turn(this.clock).then(() => {
        endWait(this);
        this.throwIfCancelled();
      }),
    );
  }

  /**
   * Calls `body` with this scope, waits for it, and closes the scope. A scope runs once.
   *
   * **Cancellation**: if this scope's own cancellation cut the body short, it resolves `undefined` and `cancelledCaught` is true.
   * If an outer owner's did, it rejects with `scope.reason`, for that owner to absorb. A body that completes all the same keeps
   * its value, and one that fails for another reason its error. Scopes left open in it are cancelled, and are an `InvalidStateError`.
   *
   * @throws {TypeError} Synchronously, where `body` is no function. @throws {InvalidStateError} Synchronously, at a second `run`.
   * @throws {ClosedError} Synchronously, where the scope is closed.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   *
   * const scope = new CancelScope();
   * const run = scope.run((scope) => scope.sleep(60_000));
   * scope.cancel();
   * console.assert((await run) === undefined && scope.cancelledCaught);
   * ```
   */
  run<T>(body: (scope: CancelScope) => T | PromiseLike<T>): Promise<T | undefined> {
    checkFunction(body, "The body");
    if ((this._flags & STARTED) !== 0) throw new InvalidStateError("A scope runs once: make a new one for each run.");
    if ((this._flags & CLOSED) !== 0) throw new ClosedError("The scope is closed: make a new one to run in.");
    return runBody(this, body, this);
  }

  /**
   * Detaches the scope from its parent and its clock; it can no longer be cancelled, and what still sleeps or races in it is
   * rejected with a `ClosedError`. Idempotent.
   *
   * @throws {InvalidStateError} Where scopes below are still open; they are named, and the scope is left as it was.
   */
  close(): void {
    closeScope(this);
  }

  /** The same as {@link CancelScope.close}, for `using`. */
  declare readonly [Symbol.dispose]: () => void;

  /** @internal What a wait in a cancelled or closed scope comes to. */
  _refusal(): Promise<never> | undefined {
    look(this);
    if (this._reason !== undefined) return rejected(this._reason);
    if ((this._flags & CLOSED) === 0) return undefined;
    return rejected(new ClosedError("The scope is closed: nothing can wait in it any more."));
  }
}
brand(CancelScope, "@selvage/scope/CancelScope");
addMethod(CancelScope, dispose, function () {
  closeScope(this);
});
// What `console.log` prints: the scope, not the tree.
addMethod(CancelScope, inspect, function () {
  return `CancelScope${this.name === undefined ? "" : ` ${quoteName(this.name)}`} (${this.cancelled ? "cancelled" : "live"})`;
});

keepHot(() => new CancelScope(UNLINKED));
