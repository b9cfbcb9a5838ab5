import { type CancelledError, CancelScope, type CancelScopeOptions } from "@selvage/scope";
import {
  checkFunction,
  checkTime,
  delayBefore,
  endScope,
  expected,
  keepAlive,
  type LabelledOptions,
  moveDeadline,
  quoteName,
  read,
  reasonOf,
  runBody,
  TimeoutError,
} from "@selvage/scope/internal";
import { RetryError } from "./retry-error.js";
import { type CheckedRetry, checkRetry, type RetryFunction, type RetryOptions } from "./retry-options.js";

/**
 * Calls `fn` until it succeeds. Each attempt runs in its own scope, and is waited for before the next one begins.
 *
 * A wait that would end after the `timeout`, or after an outer deadline, is not entered: the call then rejects at once with what it has.
 *
 * **Cancellation**: a cancellation of the parent is passed on at once, and never retried. It ends a wait at once. An attempt that exceeds its own
 * `attemptTimeout` is a failure with a `TimeoutError`, which is retried.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument is wrong.
 * @throws {RetryError} If attempts or time are exhausted. It is a group of the failures of all attempts.
 * @throws The error of an attempt for which `retryIf` returned false.
 * @example
 * ```ts
 * import { retry } from "@selvage/retry";
 *
 * const answer = await retry(
 *   async (scope, attempt) => {
 *     await scope.sleep(1);
 *     if (attempt < 3) throw new Error("busy");
 *     return attempt;
 *   },
 *   { attempts: 5, timeout: 10_000, backoff: { initial: 1 } },
 * );
 * console.assert(answer === 3);
 * ```
 */
export function retry<T>(fn: RetryFunction<T>, options: RetryOptions = {}): Promise<T> {
  checkFunction(fn, "The function to retry");
  return new Retry(fn, checkRetry(options)).run();
}

/**
 * One call of {@link retry}.
 *
 * With a `timeout`, the whole runs in a scope that has it as its deadline. Without one, only waits and further attempts need a scope of the whole, so a
 * call that succeeds at once has one scope.
 */
class Retry<T> {
  readonly #fn: RetryFunction<T>;
  readonly #options: CheckedRetry;
  /** When it began, on the clock of its scopes. */
  #started = 0;
  /** The number of the latest attempt. */
  #attempt = 0;
  /** The failures of the attempts, in order. */
  readonly #failures: unknown[] = [];

  constructor(fn: RetryFunction<T>, options: CheckedRetry) {
    this.#fn = fn;
    this.#options = options;
  }

  run(): Promise<T> {
    const { parent, timeout } = this.#options;
    if (timeout !== undefined) {
      const whole = this.#openWhole();
      this.#started = whole.clock.now();
      setDeadline(whole, timeout, this.#started);
      return this.#runWhole(whole, () => this.#attemptUntilDone(whole));
    }
    const first = this.#openAttempt(parent);
    this.#started = first.clock.now();
    return this.#call(first).then(undefined, (error: unknown) => {
      const cut = cutBy(first, error);
      if (cut !== undefined) throw cut;
      this.#failed(error, first);
      return this.#runWhole(this.#openWhole(), async (whole) => {
        await this.#pause(whole, error);
        return this.#attemptUntilDone(whole);
      });
    });
  }

  #openWhole(): CancelScope {
    const { parent, name, clock } = this.#options;
    return new CancelScope({ parent, clock, _label: { kind: "retry", name } } as LabelledOptions);
  }

  #runWhole(whole: CancelScope, body: (whole: CancelScope) => Promise<T>): Promise<T> {
    return runBody(whole, body, whole, () => {
      throw this.#exhausted(whole); // the timeout has passed in a wait that took longer than it should
    }) as Promise<T>;
  }

  async #attemptUntilDone(whole: CancelScope): Promise<T> {
    for (;;) {
      if (whole.cancelled) throw this.#cut(whole, this.#failures.length === 0);
      const attempt = this.#openAttempt(whole);
      let error: unknown;
      try {
        return await this.#call(attempt);
      } catch (failure) {
        error = failure;
      }
      const cut = cutBy(attempt, error);
      if (cut !== undefined) throw cut === reasonOf(whole) ? this.#cut(whole, true) : cut;
      this.#failed(error, whole);
      await this.#pause(whole, error);
    }
  }

  #openAttempt(parent: CancelScopeOptions["parent"]): CancelScope {
    this.#attempt++;
    const { clock, name, attemptTimeout } = this.#options;
    const label = { kind: "attempt", name: name ?? String(this.#attempt) };
    const attempt = new CancelScope({ parent, clock, _label: label } as LabelledOptions);
    if (attemptTimeout !== undefined) setDeadline(attempt, attemptTimeout, attempt.clock.now());
    return attempt;
  }

  #call(attempt: CancelScope): Promise<T> {
    const number = this.#attempt;
    return runBody(
      attempt,
      (scope) => {
        const { reason } = scope;
        if (reason !== undefined && reason.scope !== scope) throw reason; // no attempt begins once its time is over
        return this.#fn.call(undefined, scope, number);
      },
      attempt,
      (reason) => {
        if (reason.deadline === undefined) throw reason; // an explicit cancel of the attempt's own scope
        throw this.#timedOut(`attempt ${number}`, this.#options.attemptTimeout, reason);
      },
    ) as Promise<T>;
  }

  /** Records the failure of an attempt. Throws unless there is another attempt. */
  #failed(error: unknown, { clock }: CancelScope): void {
    const { retryIf, attempts } = this.#options;
    this.#failures.push(error);
    const isRetried: unknown = retryIf.call(undefined, error);
    if (typeof read(isRetried, "then") === "function") throw expected("The result of retryIf", "a boolean", isRetried);
    if (!isRetried) throw error;
    if (this.#attempt >= attempts) throw this.#exhausted({ clock });
  }

  /** Waits before the next attempt. Throws if there is no time for it. */
  async #pause(whole: CancelScope, error: unknown): Promise<void> {
    const { delayFor, backoff, onRetry } = this.#options;
    const given: unknown = delayFor?.call(undefined, error);
    if (given !== undefined) checkTime(given, "The result of delayFor");
    const delay =
      given === undefined ? delayBefore(this.#attempt - 1, backoff, "backoff") : Math.max(0, given as number);
    // If the scope is cancelled by now, the failure of the last attempt must not be lost: it is no cancellation.
    if (whole.clock.now() + delay >= whole.effectiveDeadline) throw this.#exhausted(whole);
    onRetry?.call(undefined, error, { attempt: this.#attempt, delay });
    if (delay > 0) await whole.sleep(delay);
    else await whole.checkpoint(); // attempts that fail at once must not block the event loop
  }

  /** The error of the whole when its scope is cancelled: the outer owner's, or what there is if its own `timeout` has passed. */
  #cut(whole: CancelScope, isTimeoutShown: boolean): Error {
    const reason = reasonOf(whole)!;
    if (reason.scope !== whole) return reason;
    if (isTimeoutShown) this.#failures.push(this.#timedOut("the retry", this.#options.timeout, reason));
    return this.#exhausted(whole);
  }

  #timedOut(what: string, ms: number | undefined, cause: CancelledError): TimeoutError {
    const { name } = this.#options;
    const title = name === undefined ? what : `${what} of ${quoteName(name)}`;
    return new TimeoutError(`${title} timed out after ${Math.max(0, Math.round(ms!))} ms`, { cause });
  }

  #exhausted({ clock }: Pick<CancelScope, "clock">): RetryError {
    return new RetryError(this.#failures, this.#attempt, clock.now() - this.#started, this.#options.name);
  }
}

/** Returns the reason of an attempt that a cancellation has ended (S15); otherwise `undefined`. */
function cutBy(attempt: CancelScope, error: unknown): CancelledError | undefined {
  const reason = reasonOf(attempt);
  return error === reason ? reason : undefined; // `runBody` has replaced what wraps it
}

/** Bounds the time of a scope. Its deadline keeps the process alive, as that of a `timeout` does. */
function setDeadline(scope: CancelScope, ms: number, now: number): void {
  try {
    keepAlive(scope);
    moveDeadline(scope, now + ms, now);
  } catch (error) {
    endScope(scope, true, { _failed: () => ({ error }) }); // the clock has thrown
    throw error;
  }
}
