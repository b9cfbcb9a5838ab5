import { type CancelledError, CancelScope, type Clock, ClosedError, InvalidStateError } from "@selvage/scope";
import {
  checkFunction,
  checkParentOptions,
  checkTime,
  endScope,
  keepAlive,
  keepHot,
  type LabelledOptions,
  moveDeadline,
  quoteName,
  runBody,
  type RunHooks,
  TimeoutError,
} from "@selvage/scope/internal";

/** Options of a timeout. */
export interface TimeoutOptions {
  /** The scope or signal whose cancellation also reaches the body; `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
  /** The clock of the timeout. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** The argument of a timeout's body. It may be destructured: `({ scope, reschedule }) => …`. */
export interface Timeout {
  /** The scope that is cancelled when the time is up. */
  readonly scope: CancelScope;
  /** The same as `scope.signal`. */
  readonly signal: AbortSignal;
  /** Returns the deadline, in milliseconds on the scope's clock; `null` if there is none. */
  readonly when: () => number | null;
  /**
   * Moves the deadline. `null` removes it. A time that has already passed cancels at once.
   *
   * @throws {TypeError} If `when` is neither a number nor `null`. @throws {InvalidStateError} If the body has ended or was cancelled.
   */
  readonly reschedule: (when: number | null) => void;
  /**
   * Gives the body its whole time again from now, as Node's `timer.refresh()` does. Call it from event handlers for an idle timeout. The whole time
   * is the timeout's `ms`, or `when` less the start. After `reschedule`, it is the distance that this call set. The call does nothing if the body
   * has ended or was cancelled, or if there is no limit. It does not set a timer.
   */
  readonly refresh: () => void;
  /**
   * Whether its deadline had passed when its scope was cancelled, or when the body ended. It is true even if an outer deadline cancelled the scope.
   */
  readonly expired: boolean;
}

/** The function that a timeout runs. */
export type TimeoutBody<T> = (timeout: Timeout) => T | PromiseLike<T>;

/**
 * Gives `body` at most `ms` milliseconds. Then its scope is cancelled, the body is waited for, and a {@link TimeoutError} is thrown if the
 * cancellation interrupted it. With `null` or `Infinity` there is no limit. For 0 or less, the body runs with its scope already cancelled.
 *
 * A body that completes late keeps its value, and a body that fails for another reason keeps its error. The deadline keeps the process alive while
 * the body runs, and no timer outlives the body. If running out of time is not an error, use {@link moveOnAfter}.
 *
 * **Cancellation**: only the timeout's own deadline becomes a `TimeoutError`. An outer cancellation, an outer timeout, or an explicit cancel of
 * `timeout.scope` passes as a `CancelledError`.
 *
 * Compare asyncio's `timeout` and Trio's `fail_after`.
 *
 * @throws {TimeoutError} If the deadline interrupted the body.
 * @throws {TypeError} Synchronously, if `ms` is `NaN` or not a number, `body` is not a function, or an option is of the wrong type.
 * @example
 * ```ts
 * import { timeout } from "@selvage/timeout";
 *
 * const answer = await timeout(1_000, async ({ scope }) => {
 *   await scope.sleep(1);
 *   return 42;
 * });
 * console.assert(answer === 42);
 * ```
 */
export function timeout<T>(ms: number | null, body: TimeoutBody<T>, options: TimeoutOptions = {}): Promise<T> {
  return limitAfter(ms, body, options, FAIL) as Promise<T>;
}

/**
 * Gives `body` time until `when`, in milliseconds on the scope's clock (`now()`). Otherwise the same as {@link timeout}.
 *
 * @example
 * ```ts
 * import { now } from "@selvage/scope";
 * import { timeoutAt } from "@selvage/timeout";
 *
 * await timeoutAt(now() + 1_000, ({ scope }) => scope.sleep(1));
 * ```
 */
export function timeoutAt<T>(when: number | null, body: TimeoutBody<T>, options: TimeoutOptions = {}): Promise<T> {
  return limitAt(when, body, options, FAIL) as Promise<T>;
}

/** The own scope of a `timeout` was cancelled, and that has interrupted the body. A passed deadline is a failure, also to observers. */
const FAIL: RunHooks<TimeoutScope> = {
  expired: (reason, handle) =>
    reason.deadline === undefined ? undefined : new TimeoutError(handle.message(), { cause: reason }),
  caught: throwExplicit,
};

/** The own scope of a timeout that does not fail was cancelled, and that has interrupted the body. */
export const MOVE_ON: RunHooks<TimeoutScope> = { caught: throwExplicit };

/** Throws the reason of an explicit cancel, because only a deadline counts as a timeout (O4). */
function throwExplicit(reason: CancelledError): void {
  if (reason.deadline === undefined) throw reason;
}

/** Runs a body for at most `ms` milliseconds from now. */
export function limitAfter<T>(
  ms: number | null,
  body: TimeoutBody<T>,
  options: TimeoutOptions,
  hooks: RunHooks<TimeoutScope>,
  shield: boolean = false,
): Promise<T | undefined> {
  if (ms !== null) checkTime(ms, "A timeout");
  return limit(options, ms ?? Infinity, Infinity, body, hooks, shield);
}

/** Runs a body until `when` at most. */
export function limitAt<T>(
  when: number | null,
  body: TimeoutBody<T>,
  options: TimeoutOptions,
  hooks: RunHooks<TimeoutScope>,
): Promise<T | undefined> {
  if (when !== null) checkTime(when, "The time of a timeout");
  return limit(options, Infinity, when ?? Infinity, body, hooks, false);
}

/** Runs a body for at most `after` milliseconds, and until `when` at most. */
function limit<T>(
  options: TimeoutOptions,
  after: number,
  when: number,
  body: TimeoutBody<T>,
  hooks: RunHooks<TimeoutScope>,
  shield: boolean,
): Promise<T | undefined> {
  checkFunction(body, "The body of a timeout");
  checkParentOptions(options);
  const { parent, name, clock } = options;
  const labelled: LabelledOptions = { parent, name, clock, shield, _label: { kind: "timeout", name } };
  const scope = new CancelScope(labelled);
  let start: number;
  try {
    start = scope.clock.now();
    keepAlive(scope);
    moveDeadline(scope, Math.min(start + after, when), start);
  } catch (error) {
    endScope(scope, true, { _failed: () => ({ error }) }); // the clock has thrown
    throw error;
  }
  return runBody(scope, body, new TimeoutScope(scope, Math.min(after, when - start)), hooks);
}

/** The handle of a running timeout. It reads and moves the deadline of its scope. */
class TimeoutScope implements Timeout {
  readonly scope: CancelScope;
  /** @internal The whole time in milliseconds, which `refresh` gives again and the message states; `Infinity` without a limit. */
  _span: number;

  constructor(scope: CancelScope, span: number) {
    this.scope = scope;
    this._span = span;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get expired(): boolean {
    const { deadline, reason, clock } = this.scope;
    if (reason?.deadline === undefined) return false;
    if (reason.scope === this.scope) return true;
    // Times of different clocks cannot be compared. Then the timeout has expired if its own deadline has passed.
    return deadline <= (reason.scope.clock === clock ? reason.deadline : clock.now());
  }

  // Getters that return bound functions, so that a body can destructure its argument: `({ scope, reschedule }) => …`.
  get when(): () => number | null {
    return () => (this.scope.deadline === Infinity ? null : this.scope.deadline);
  }

  get reschedule(): (when: number | null) => void {
    return (when) => {
      move(this, when);
    };
  }

  get refresh(): () => void {
    return () => {
      refresh(this);
    };
  }

  /** The message of the `TimeoutError`. */
  message(): string {
    const { name } = this.scope;
    const ms = Math.round(Math.max(0, this._span));
    return `${name === undefined ? "" : `${quoteName(name)} `}timed out after ${ms} ms`;
  }
}

// Functions, not private methods: a private method costs every instance one word.
function move(timeout: TimeoutScope, when: number | null): void {
  const { scope } = timeout;
  if (when !== null) checkTime(when, "The time of a timeout");
  if (scope.cancelled) throw new InvalidStateError("This timeout was already cancelled; it cannot be rescheduled.");
  const now = when === null ? 0 : scope.clock.now();
  const before = timeout._span;
  timeout._span = (when ?? Infinity) - now; // first, because a time that has passed cancels at once
  try {
    moveDeadline(scope, when ?? Infinity, now);
  } catch (error) {
    timeout._span = before;
    if (!(error instanceof ClosedError)) throw error;
    throw new InvalidStateError("The body of this timeout has ended: start a new timeout.");
  }
}

function refresh({ scope, _span: span }: TimeoutScope): void {
  if (span === Infinity || scope.cancelled) return;
  const now = scope.clock.now();
  try {
    moveDeadline(scope, now + span, now);
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error; // the body has ended
  }
}

keepHot(() => new TimeoutScope(undefined!, 0));
