/// <reference lib="esnext.disposable" preserve="true" />
/* eslint-disable max-lines -- one public class, and most of it is its documentation */
import { createSignal } from "./tree/abort-signal.js";
import { brand } from "./support/brand.js";
import { CancelledError } from "./error/cancelled-error.js";
import type { Clock } from "./time/clock.js";
import { type Deadline, earliestDeadline, ownDeadlinePassed } from "./time/deadline.js";
import { look } from "./time/look.js";
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

/** Options of a {@link CancelScope}. */
export interface CancelScopeOptions {
  /**
   * The scope or signal whose cancellation reaches this scope; `null` for none. Default: none, or the enclosing scope if
   * `@selvage/scope/ambient` is imported.
   */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** When the scope cancels itself, in milliseconds on its clock ({@link now}). Default: `Infinity`, never. */
  readonly deadline?: number | undefined;
  /** Hides the cancellation and the deadlines of ancestors. Use it for cleanup, together with a deadline. Default: false. */
  readonly shield?: boolean | undefined;
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
  /** The clock of the scope. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** The task or the owner of tasks that a scope belongs to. */
export interface ScopeLabel {
  /** "task", or the kind of the owner: "TaskGroup". */
  readonly kind: string;
  readonly name: string | undefined;
  /** Whether the name was given as an option. Default: whether there is a name. A task's scope has a flag instead. */
  readonly isNamed?: boolean;
  /** The status of a task; `undefined` for an owner. */
  readonly status?: string;
  /** For a task, the number of its latest run. For the scope of one run of a restarted task, its number. Otherwise `undefined`. */
  readonly attempt?: number;
  /** Whether this is an owner of tasks. The scope of each task lies below the owner's. */
  readonly isOwner?: boolean;
  /** What the work holds, as `describeTree` prints it: 'mutex "db"'. */
  readonly holding?: string | undefined;
  /**
   * Called when the scope ends. Returns the error with which its work fails; `undefined` if it does not fail.
   *
   * @param failure - The error that occurred while the scope ended; `undefined` if there was none.
   */
  _failed?(failure: unknown): Failed | undefined;
}

/**
 * A node in a cancellation tree. Cancelling a scope cancels everything below it, and nothing else.
 *
 * Cancellation is cooperative: code receives a scope, passes `scope.signal` to every API that accepts a signal, and uses `sleep`, `race`,
 * `checkpoint` or `throwIfCancelled` elsewhere. Cancellation is a level, not an edge: a cancelled scope stays cancelled. It has an owner:
 * the `CancelledError` names the scope that was cancelled, and only the `run` of that scope absorbs it.
 *
 * A scope made with `new` must be closed (`close()` or `using`). {@link CancelScope.run} closes its scope. An open scope costs its parent one
 * link, and a closed one costs nothing. An `AbortController` is made only when `signal` is first read.
 *
 * Compare Trio's `CancelScope`, which has the same level cancellation, shields and deadlines.
 *
 * @throws {TypeError} If an option is of the wrong type. @throws {ClosedError} If the parent is closed.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 *
 * using scope = new CancelScope({ name: "search" });
 * scope.onCancel((reason) => console.log(reason.cause));
 * scope.cancel("the user typed another letter");
 * console.assert(scope.cancelled && scope.signal.aborted);
 * ```
 */
export class CancelScope {
  // A scope takes fourteen words on a 64-bit machine, and no other object until one is needed. Keep it so. All fields are set in the
  // constructor, in one order, so that all scopes have one hidden class. The numbers refer to the invariants in scope-tree.ts.
  /** @internal The scope above; `undefined` for a root, and once the scope is closed or detached (5). */
  _parent: CancelScope | undefined = undefined;
  /** @internal The oldest open child; `undefined` if there are no open children (1). */
  _firstChild: CancelScope | undefined = undefined;
  /** @internal The next sibling in order of creation; `undefined` for the youngest child and for a root (1). */
  _next: CancelScope | undefined = undefined;
  /** @internal The sibling before it, or for the oldest child the youngest one; `undefined` only for a root (1). */
  _previous: CancelScope | undefined = undefined;
  /** @internal The error of the cancellation; `undefined` while the scope is not cancelled. Once set, it never changes (2, 3). */
  _reason: CancelledError | undefined = undefined;
  /** @internal The bits `SHIELD` to `NAMED` of scope-tree.ts. */
  _flags = 0;
  /** @internal The oldest waiter; `undefined` if there are none. A cancelled scope has only waiters for its end, and a closed one has none (4, 5). */
  _waiters: Waiter | undefined = undefined;
  /** @internal The signal; `undefined` until `signal` is first read. */
  _signal: AbortSignal | undefined = undefined;
  /** @internal The nearest visible deadline, its own or an ancestor's; `undefined` if there is none (invariant 1 of deadline.ts). */
  _limit: Deadline | undefined = undefined;
  /** @internal The clock that was given or inherited; `undefined` for the platform's, which is then looked up at each use. */
  _clock: Clock | undefined = undefined;
  /** @internal The task or owner that the scope belongs to, or else the scope's name; `undefined` for an unnamed scope. */
  _label: string | ScopeLabel | undefined = undefined;

  constructor(options: CancelScopeOptions = DEFAULTS) {
    configure(this, options, CancelScope);
  }

  /**
   * Runs `body` in a new scope, waits for it, and closes the scope: `new CancelScope(options).run(body)`.
   *
   * **Cancellation**: resolves `undefined` if this scope's own cancellation (or deadline) interrupted the body; see {@link CancelScope.run}.
   *
   * @throws {TypeError} Synchronously, if `body` is not a function or an option is of the wrong type.
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

  /** The name; `undefined` if none was given. */
  get name(): string | undefined {
    const label = this._label;
    return typeof label === "object" ? label.name : label;
  }

  /** The scope's clock. Its deadline is a time on this clock: `scope.clock.now()` is the present time. */
  get clock(): Clock {
    return this._clock ?? platformClock();
  }

  /** True once this scope, or an ancestor without a shield in between, was cancelled or its deadline has passed. It never becomes false again. */
  get cancelled(): boolean {
    look(this);
    return this._reason !== undefined;
  }

  /** The error with which all work in the scope rejects; `undefined` while the scope is not cancelled. */
  get reason(): CancelledError | undefined {
    look(this);
    return this._reason;
  }

  /** True once `cancel` was called on this very scope or its own deadline passed, even if an ancestor was cancelled first. */
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
   * A signal that aborts when the scope is cancelled, for `fetch`, streams, timers and libraries. Its `reason` is the scope's `CancelledError`. It is
   * made on first read, already aborted if the scope is cancelled. Every read returns the same signal.
   */
  get signal(): AbortSignal {
    look(this);
    return (this._signal ??= createSignal(this));
  }

  /**
   * When the scope cancels itself, in milliseconds on its clock; `Infinity` for never. While the scope is open, it may be moved to an earlier or a
   * later time. A time that has already passed cancels at once. A cancelled scope stays cancelled. Moving the deadline later does not set a timer.
   * A deadline does not keep the process alive. In a shutdown, the deadline of a task cannot be moved beyond the end of the task's grace.
   *
   * @throws {TypeError} If it is set to `NaN` or to a value that is not a number. @throws {ClosedError} If it is set on a closed scope.
   */
  get deadline(): number {
    return ownDeadline(this)?.when ?? Infinity;
  }

  set deadline(when: number) {
    checkTime(when, "A deadline");
    look(this);
    moveDeadline(this, when);
  }

  /** The earliest visible deadline: the scope's own, or that of an ancestor without a shield in between. `-Infinity` once the scope is cancelled. */
  get effectiveDeadline(): number {
    look(this);
    return this._reason === undefined ? earliestDeadline(this) : -Infinity;
  }

  /**
   * Cancels this scope and everything below it that is not behind a shield.
   *
   * The call is synchronous and idempotent: the first reason wins, here and below. First the whole subtree is marked. Then signals abort and
   * listeners run, parents before children, siblings in order of creation. On a closed scope, the call does nothing.
   *
   * @param reason - Becomes the `cause` of the `CancelledError`.
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
   * Throws the scope's `CancelledError` if the scope is cancelled. Call it in synchronous code and long computations, so that they can be
   * cancelled. It checks the clock, so it notices a deadline that has passed although the event loop has not turned.
   *
   * @throws {CancelledError} If the scope is cancelled.
   */
  throwIfCancelled(): void {
    look(this);
    if (this._reason !== undefined) throw this._reason;
  }

  /**
   * Calls `listener` when the scope is cancelled, or at once if it already is.
   *
   * An error that the listener throws is reported as uncaught, and stops neither the cancellation nor other listeners. The listener is not called
   * after the handle was disposed of or the scope was closed.
   *
   * @returns A handle that unregisters the listener, in constant time.
   * @throws {TypeError} If `listener` is not a function.
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
   * Waits `ms` milliseconds on the scope's clock. `Infinity` waits until the scope is cancelled. A pending `sleep` keeps the process alive.
   *
   * **Cancellation**: rejects with the scope's `CancelledError` as soon as the scope is cancelled, at once if it already is. Rejects with a
   * `ClosedError` when the scope is closed. Neither rejection is ever unhandled. The timer is cleared.
   *
   * @throws {TypeError} Synchronously, if `ms` is `NaN` or not a number.
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
    const now = ms === Infinity ? Infinity : clock.now(); // first, because the clock is foreign code, which may end the scope
    return this._refusal() ?? sleepUntil(this, now + Math.max(0, ms), now) ?? this._refusal()!;
  }

  /**
   * Waits for a promise until the scope is cancelled. Then the promise is abandoned, but the work behind it does not stop. If the API accepts a
   * signal, pass it `scope.signal` instead. Once the call has settled, nothing is retained, however long the promise and the scope live.
   *
   * **Cancellation**: rejects with the scope's `CancelledError` as soon as the scope is cancelled, at once if it already is. Rejects with a
   * `ClosedError` when the scope is closed. Neither rejection is ever unhandled, nor is a late rejection of the abandoned promise. When the promise
   * settles, the scope is checked first: if its deadline has passed, the deadline wins. In a scope that is cancelled or closed, nothing is started:
   * the `then` of a thenable that is not a promise is not called.
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
   * Waits until a promise has settled, however long that takes. If it rejects and the scope is cancelled by then, the rejection is treated as the
   * cancellation. Use it for work that ends with its own error when it is torn down: a stream that `onCancel` destroys, or a client with its own
   * abort error. For a promise that may never settle, use {@link CancelScope.race}.
   *
   * **Cancellation**: does not end the wait. If the scope is cancelled when the promise rejects, and `isCut(error)` returns true, the call rejects
   * with the scope's `CancelledError`, which is never an unhandled rejection. The replaced error is `task.raised`. A `TimeoutError`, and
   * an aggregate with a member that is not a cancellation, pass unchanged. A value stays a value. In a scope that is already
   * cancelled or closed, the call still waits for a promise. For any other thenable it rejects at once, and does not call its `then`.
   *
   * @param isCut - Returns whether a rejection is the cancellation. Default: all are.
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
   * Lets the event loop turn (a macrotask), and then rejects with the scope's `CancelledError` if the scope is cancelled. Use it in long
   * computations, and in loops that otherwise wait only for things that are already available.
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
   * **Cancellation**: if this scope's own cancellation interrupted the body, the call resolves `undefined`, and `cancelledCaught` is true. If an
   * outer owner's cancellation did, the call rejects with `scope.reason`, for that owner to absorb. A body that completes although the scope was
   * cancelled keeps its value, and a body that fails for another reason keeps its error. If the body leaves live scopes open, they are cancelled,
   * and the call rejects with an `InvalidStateError`.
   *
   * @throws {TypeError} Synchronously, if `body` is not a function. @throws {InvalidStateError} Synchronously, if `run` was called before.
   * @throws {ClosedError} Synchronously, if the scope is closed.
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
   * Detaches the scope from its parent and its clock. Afterwards it can no longer be cancelled. Every pending `sleep` or `race` in it rejects with a
   * `ClosedError`. The call is idempotent.
   *
   * @throws {InvalidStateError} If live scopes are left below. The error names them, and the scope stays open.
   */
  close(): void {
    closeScope(this);
  }

  /** Calls {@link CancelScope.close}, for `using`. */
  declare readonly [Symbol.dispose]: () => void;

  /** @internal The rejection of a wait in a cancelled or closed scope; `undefined` in a live one. */
  _refusal(): Promise<never> | undefined {
    look(this);
    if (this._reason !== undefined) return rejected(this._reason);
    if ((this._flags & CLOSED) === 0) return undefined;
    return rejected(new ClosedError("The scope is closed: nothing can wait in it."));
  }
}
brand(CancelScope, "@selvage/scope/CancelScope");
addMethod(CancelScope, dispose, function () {
  closeScope(this);
});
// `console.log` prints the scope, not the tree.
addMethod(CancelScope, inspect, function () {
  return `CancelScope${this.name === undefined ? "" : ` ${quoteName(this.name)}`} (${this.cancelled ? "cancelled" : "live"})`;
});

keepHot(() => new CancelScope(UNLINKED));
