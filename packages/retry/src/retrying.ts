import { type CancelledError, CancelScope, type CancelScopeOptions, ClosedError } from "@selvage/scope";
import {
  checkTime,
  delayBefore,
  endScope,
  keepAlive,
  type LabelledOptions,
  moveDeadline,
  quoteName,
  reasonOf,
  RETHROW,
  runBody,
  type RunHooks,
  TimeoutError,
} from "@selvage/scope/internal";
import type { ScopeLabel } from "@selvage/scope/lowlevel";
import { checkAnswer } from "./check-answer.js";
import { messageOf, RetryError } from "./retry-error.js";
import type { CheckedRetry, RetryFunction } from "./retry-options.js";

/** The failures of a call that has none. One shared array saves an allocation per call. */
const NONE: never[] = [];
/** How many failures a `RetryError` has at most: a retry with `attempts: Infinity` may run for weeks. */
const MOST_KEPT = 1_000;

/**
 * One call of `retry`.
 *
 * With a `timeout`, the whole runs in a scope that has it as its deadline. Without one, only waits and further attempts need a scope of the whole, so a
 * call that succeeds at once has one scope.
 */
export class Retry<T> {
  readonly #fn: RetryFunction<T>;
  readonly #options: CheckedRetry;
  /** When the whole began, on the clock of its scopes. */
  #started = 0;
  /** When the latest scope was opened, on its clock. */
  #opened = 0;
  /** How many attempts have begun. */
  #attempts = 0;
  /** The scope of the latest attempt. */
  #attempt: CancelScope | undefined = undefined;
  /** Whether an attempt has begun whose failure is not recorded. */
  #isRunning = false;
  /** The latest failures of the attempts, in order. */
  #failures: unknown[] = NONE;

  constructor(fn: RetryFunction<T>, options: CheckedRetry) {
    this.#fn = fn;
    this.#options = options;
  }

  run(): Promise<T> {
    const { parent, timeout } = this.#options;
    if (timeout !== undefined) {
      const whole = this.#openWhole(timeout);
      this.#started = this.#opened;
      return this.#runWhole(whole, () => this.#attemptUntilDone(whole));
    }
    return this.#call(this.#openAttempt(parent), FIRST);
  }

  /** @internal The first attempt has failed, and there is no scope of the whole yet. */
  _continue(error: unknown): Promise<T> {
    const first = this.#attempt!;
    this.#started = this.#opened;
    const cut = cutBy(first, error);
    if (cut !== undefined) throw cut;
    this.#failed(error, first);
    let whole: CancelScope;
    try {
      whole = this.#openWhole();
    } catch (failure) {
      if (!(failure instanceof ClosedError)) this.#keep(failure); // the clock has thrown
      throw this.#exhausted(first); // the parent is closed: nothing of the attempt is lost
    }
    return this.#runWhole(whole, async () => {
      await this.#pause(whole, error);
      return this.#attemptUntilDone(whole);
    });
  }

  #openWhole(timeout?: number): CancelScope {
    const { parent, name } = this.#options;
    return this.#open({ kind: "retry", name }, parent, timeout);
  }

  #openAttempt(parent: CancelScopeOptions["parent"]): CancelScope {
    const { name, attemptTimeout } = this.#options;
    const isPlain = name === undefined && this.#attempts === 0;
    const label = isPlain
      ? FIRST_LABEL
      : { kind: "attempt", name: name ?? String(this.#attempts + 1), isNamed: name !== undefined };
    return this.#open(label, parent, attemptTimeout);
  }

  /** Opens a scope and bounds its time. Its deadline keeps the process alive, as that of a `timeout` does. */
  #open(_label: ScopeLabel, parent: CancelScopeOptions["parent"], ms = Infinity): CancelScope {
    const { clock } = this.#options;
    const scope = new CancelScope({ parent, clock, _label } as LabelledOptions);
    try {
      const now = (this.#opened = scope.clock.now());
      if (ms === Infinity) return scope;
      keepAlive(scope);
      moveDeadline(scope, now + ms, now);
      return scope;
    } catch (error) {
      endScope(scope, true, { _failed: () => ({ error }) }); // the clock has thrown
      throw error;
    }
  }

  #runWhole(whole: CancelScope, body: (whole: CancelScope) => Promise<T>): Promise<T> {
    return runBody(whole, body, whole, {
      caught: () => {
        throw this.#exhausted(whole); // the timeout has passed in a wait that took longer than it should
      },
    }) as Promise<T>;
  }

  async #attemptUntilDone(whole: CancelScope): Promise<T> {
    for (;;) {
      const attempt = this.#openAttempt(whole);
      let error: unknown;
      try {
        return await this.#call(attempt, NEXT);
      } catch (failure) {
        error = failure;
      }
      const cut = cutBy(attempt, error);
      if (cut !== undefined) throw cut === reasonOf(whole) ? this.#cut(whole) : cut;
      this.#failed(error, whole);
      await this.#pause(whole, error);
    }
  }

  #call(attempt: CancelScope, hooks: RunHooks<Retry<unknown>>): Promise<T> {
    this.#attempt = attempt;
    return runBody(attempt, begin, this as Retry<unknown>, hooks) as Promise<T>;
  }

  /** @internal Begins the attempt. */
  _begin(): T | PromiseLike<T> {
    const attempt = this.#attempt!;
    const { reason } = attempt;
    if (reason !== undefined && reason.scope !== attempt) throw reason; // no attempt begins once the time is over
    this.#isRunning = true;
    return this.#fn.call(undefined, attempt, ++this.#attempts);
  }

  /** @internal The own scope of the attempt was cancelled. Returns the error if its time was over. */
  _expired(reason: CancelledError): TimeoutError | undefined {
    if (reason.deadline === undefined) return undefined; // an explicit cancel
    return this.#timedOut(`attempt ${this.#attempts}`, this.#opened, reason);
  }

  /** Records the failure of an attempt. Throws unless there is another attempt. */
  #failed(error: unknown, { clock }: Pick<CancelScope, "clock">): void {
    const { retryIf, attempts } = this.#options;
    this.#isRunning = false;
    this.#keep(error);
    if (!checkAnswer("retryIf", retryIf.call(undefined, error))) throw error;
    if (this.#attempts >= attempts) throw this.#exhausted({ clock });
  }

  #keep(error: unknown): void {
    if (this.#failures === NONE) this.#failures = [];
    if (this.#failures.length === MOST_KEPT) this.#failures.shift();
    this.#failures.push(error);
  }

  /** Waits before the next attempt. Throws if there is no time for it. */
  async #pause(whole: CancelScope, error: unknown): Promise<void> {
    const { delayFor, backoff, onRetry } = this.#options;
    const given: unknown = delayFor?.call(undefined, error);
    if (given !== undefined) checkTime(given, "The result of delayFor");
    const delay =
      given === undefined ? delayBefore(this.#attempts - 1, backoff, "backoff") : Math.max(0, given as number);
    // If the scope is cancelled by now, the failure of the last attempt must not be lost: it is not a cancellation.
    if (whole.clock.now() + delay >= whole.effectiveDeadline) throw this.#exhausted(whole);
    onRetry?.call(undefined, error, { attempt: this.#attempts, delay });
    if (delay > 0) await whole.sleep(delay);
    else await whole.checkpoint(); // attempts that fail at once must not block the event loop
  }

  /** The error of the whole when its scope is cancelled: the outer owner's, or what there is if its own `timeout` has passed. */
  #cut(whole: CancelScope): Error {
    const reason = reasonOf(whole)!;
    if (reason.scope !== whole) return reason;
    // A timeout that passes between two attempts is not a failure, unless there is no other.
    if (this.#isRunning || this.#failures.length === 0) this.#keep(this.#timedOut("the retry", this.#started, reason));
    return this.#exhausted(whole);
  }

  #timedOut(what: string, since: number, cause: CancelledError): TimeoutError {
    const { name } = this.#options;
    const title = name === undefined ? what : `${what} of ${quoteName(name)}`;
    const ms = Math.max(0, Math.round(cause.deadline! - since));
    return new TimeoutError(`${title} timed out after ${ms} ms`, { cause });
  }

  #exhausted({ clock }: Pick<CancelScope, "clock">): RetryError {
    let now = this.#opened;
    try {
      now = clock.now();
    } catch {
      // The clock has thrown. The failures must not be lost because of that.
    }
    const elapsed = now - this.#started;

    const message = messageOf(this.#options.name, this.#attempts, elapsed, this.#failures.at(-1));
    return new RetryError(message, this.#failures, this.#attempts, elapsed);
  }
}

/** The label of the first attempt of a retry without a name. One shared object saves an allocation per call. */
const FIRST_LABEL: ScopeLabel = { kind: "attempt", name: "1", isNamed: false };

const NEXT: RunHooks<Retry<unknown>> = {
  ...RETHROW,
  expired: (reason, retry) => retry._expired(reason),
};

const FIRST: RunHooks<Retry<unknown>> = {
  ...NEXT,
  failed: (error, retry) => retry._continue(error),
};

function begin(retry: Retry<unknown>): unknown {
  return retry._begin();
}

/** Returns the reason of an attempt that a cancellation has ended (S15); otherwise `undefined`. */
function cutBy(attempt: CancelScope, error: unknown): CancelledError | undefined {
  const reason = reasonOf(attempt);
  return error === reason ? reason : undefined; // `runBody` has replaced what wraps it
}
