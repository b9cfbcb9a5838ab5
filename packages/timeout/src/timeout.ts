import { type CancelledError, CancelScope, type Clock, ClosedError, InvalidStateError } from "@selvage/scope";
import {
  checkFunction,
  checkOptions,
  checkTime,
  endScope,
  keepAlive,
  keepHot,
  type LabelledOptions,
  moveDeadline,
  quoteName,
  runBody,
} from "@selvage/scope/internal";
import { TimeoutError } from "./timeout-error.js";

/** How a timeout is made. */
export interface TimeoutOptions {
  /** Whose cancellation reaches the body, beside the timeout's own; `null` for nobody's. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** What messages and `describeTree` call it. */
  readonly name?: string | undefined;
  /** Where its time comes from. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** What the body of a timeout is handed; it may be taken apart, `({ scope, reschedule }) => …`. */
export interface Timeout {
  /** The scope that is cancelled when the time is up. */
  readonly scope: CancelScope;
  /** `scope.signal`. */
  readonly signal: AbortSignal;
  /** The deadline, in milliseconds on the scope's clock; `null` for none. */
  readonly when: () => number | null;
  /**
   * Moves the deadline; `null` takes it away. A time already past cancels at once.
   *
   * @throws {TypeError} Where `when` is neither a number nor `null`. @throws {InvalidStateError} Once the body has ended or been cancelled.
   */
  readonly reschedule: (when: number | null) => void;
  /**
   * Gives the body its whole time again from now, as Node's `timer.refresh()` does: for idle timeouts, from event handlers. The whole
   * time is the timeout's `ms`, or `when` less the start; after `reschedule`, it is the distance that this call set. It does nothing once the
   * body has ended or was cancelled, or if there is no limit. It costs no timer.
   */
  readonly refresh: () => void;
  /** Whether its time was up when its scope was cancelled, or when the body ended; an outer timeout may have been up as well. */
  readonly expired: boolean;
}

/** What a timeout is given to do. */
export type TimeoutBody<T> = (timeout: Timeout) => T | PromiseLike<T>;

/**
 * Gives `body` at most `ms` milliseconds: then its scope is cancelled, the body waited for, and a {@link TimeoutError} thrown
 * if it was cut short. `null` or `Infinity`: no limit. For 0 or less the body runs with its scope already cancelled.
 *
 * A body that completes late keeps its value, one that fails otherwise its error. The deadline keeps the process alive while
 * the body runs, and no timer outlives it. Use {@link moveOnAfter} where running out of time is no error.
 *
 * **Cancellation**: only its own deadline becomes a `TimeoutError`. An outer cancellation, an outer timeout, or an explicit cancel of
 * `timeout.scope` passes as the `CancelledError` that it is.
 *
 * Kin: asyncio's `timeout`, Trio's `fail_after`.
 *
 * @throws {TimeoutError} If the time ran out and cut the body short.
 * @throws {TypeError} Synchronously, where `ms` is `NaN` or no number, `body` no function, or an option wrong.
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
  return limitAfter(ms, body, options, fail) as Promise<T>;
}

/**
 * Gives `body` until the time `when`, in milliseconds on the scope's clock (`now()`); otherwise as {@link timeout}.
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
  return limitAt(when, body, options, fail) as Promise<T>;
}

/** What becomes of a body that the cancellation of its timeout's own scope cut short. */
export type OnCut = (reason: CancelledError, handle: TimeoutScope) => void;

function fail(reason: CancelledError, handle: TimeoutScope): never {
  throwExplicit(reason);
  throw new TimeoutError(handle.message(), { cause: reason });
}

/** Only a deadline is a timeout's affair: an explicit cancel passes as what it is (O4). */
export function throwExplicit(reason: CancelledError): void {
  if (reason.deadline === undefined) throw reason;
}

/** Runs a body that has `ms` milliseconds from now. */
export function limitAfter<T>(
  ms: number | null,
  body: TimeoutBody<T>,
  options: TimeoutOptions,
  onCut: OnCut,
  shield: boolean = false,
): Promise<T | undefined> {
  if (ms !== null) checkTime(ms, "A timeout");
  return limit(options, ms ?? Infinity, Infinity, body, onCut, shield);
}

/** Runs a body that has until `when`. */
export function limitAt<T>(
  when: number | null,
  body: TimeoutBody<T>,
  options: TimeoutOptions,
  onCut: OnCut,
): Promise<T | undefined> {
  if (when !== null) checkTime(when, "The time of a timeout");
  return limit(options, Infinity, when ?? Infinity, body, onCut, false);
}

/** Runs a body until `after` milliseconds have passed, or until `when`. */
function limit<T>(
  options: TimeoutOptions,
  after: number,
  when: number,
  body: TimeoutBody<T>,
  onCut: OnCut,
  shield: boolean,
): Promise<T | undefined> {
  checkFunction(body, "The body of a timeout");
  checkOptions(options);
  const { parent, name, clock } = options;
  const labelled: LabelledOptions = { parent, name, clock, shield, _label: { kind: "timeout", name } };
  const scope = new CancelScope(labelled);
  let start: number;
  try {
    start = scope.clock.now();
    keepAlive(scope);
    moveDeadline(scope, Math.min(start + after, when), start);
  } catch (error) {
    endScope(scope, true, { _failed: () => ({ error }) }); // a clock that throws
    throw error;
  }
  return runBody(scope, body, new TimeoutScope(scope, Math.min(after, when - start)), onCut);
}

/** The handle of a running timeout: a thin face of its scope's deadline. */
class TimeoutScope implements Timeout {
  readonly scope: CancelScope;
  /** @internal The whole time: what `refresh` gives again, and the message states. */
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
    // Times of two clocks cannot be compared: there, what counts is whether the own time is up.
    return deadline <= (reason.scope.clock === clock ? reason.deadline : clock.now());
  }

  // Bound where they are read: `({ scope, reschedule }) => …` is the natural way to write a body.
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
  timeout._span = (when ?? Infinity) - now; // first: a time that has passed cancels at once
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
