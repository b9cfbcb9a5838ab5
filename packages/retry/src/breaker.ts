import { CancelScope } from "@selvage/scope";
import {
  checkClock,
  checkCount,
  checkFunction,
  checkName,
  checkNumber,
  checkOptions,
  checkWaitScope,
  expected,
  functionName,
  isCutOf,
  type LabelledOptions,
  platformClock,
  quoteName,
  refusalOf,
  reportUncaught,
  RETHROW,
  runBody,
  SAME_TIME,
  TimeShift,
  type WaitScope,
} from "@selvage/scope/internal";
import type { BreakerOptions, BreakerState, BreakerTrigger } from "./breaker-options.js";
import { checkAnswer } from "./check-answer.js";
import { CircuitOpenError } from "./circuit-open-error.js";
import { FailureRate } from "./failure-rate.js";

/** What a call says about the service. */
type Evidence = "success" | "failure" | "none";

/**
 * Stops calling a service that fails. It is closed at first. When the trigger is reached it opens, and calls reject with a `CircuitOpenError`. After
 * `resetAfter` it is half-open: a few calls pass as probes. If they succeed it closes, and if one fails it opens again.
 *
 * It sets no timer: it becomes half-open when it is used, or when its `state` is read. A call that began in an earlier state is not evidence for
 * the present one. Calls of any scope may share a breaker, which keeps none of them.
 *
 * **Cancellation**: a call that is cancelled is not evidence, and returns its probe.
 *
 * Compare the circuit breakers of Polly and resilience4j.
 *
 * @throws {TypeError | RangeError} If an argument is wrong.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Breaker, CircuitOpenError } from "@selvage/retry";
 *
 * using scope = new CancelScope();
 * const breaker = new Breaker({ failures: 2 }, { resetAfter: 30_000 });
 * for (let i = 0; i < 2; i++) await breaker.run(scope, () => Promise.reject(new Error("503"))).catch(() => {});
 * const error = await breaker.run(scope, () => "not called").catch((error) => error);
 * console.assert(breaker.state === "open" && error instanceof CircuitOpenError);
 * ```
 */
export class Breaker {
  /** How many failures in a row open it; `Infinity` if a rate does. */
  readonly #most: number;
  /** `undefined` if failures in a row open it. */
  readonly #rate: FailureRate | undefined;
  readonly #options: BreakerOptions & { readonly probes: number };
  #state: BreakerState = "closed";
  /** Counts the changes of the state. A call of another number is not evidence. */
  #period = 0;
  /** The failures in a row. */
  #inARow = 0;
  /** While it is open: when it becomes half-open. */
  #resetAt = 0;
  readonly #shift = new TimeShift();
  /** While it is half-open: how many probes run, and how many have succeeded. */
  #probes = 0;
  #succeeded = 0;

  constructor(trigger: BreakerTrigger, options: BreakerOptions) {
    if (typeof trigger !== "object" || (trigger as unknown) === null) {
      throw expected("The trigger", "an object with failures, or with rate, window and minimum", trigger);
    }
    if ((options as unknown) === undefined) throw expected("The second argument", "an object with resetAfter", options);
    checkOptions(options);
    const { resetAfter, probes = 1, isFailure, onStateChange, name, clock } = options;
    if ("failures" in trigger) {
      if ("rate" in trigger) throw new TypeError("The trigger must have failures or rate, not both.");
      checkCount("failures", trigger.failures);
      this.#most = trigger.failures;
    } else {
      this.#most = Infinity;
      this.#rate = new FailureRate(trigger);
    }
    checkNumber("resetAfter", resetAfter, 0);
    checkCount("probes", probes);
    if (isFailure !== undefined) checkFunction(isFailure, "isFailure");
    if (onStateChange !== undefined) checkFunction(onStateChange, "onStateChange");
    checkName(name, "name");
    checkClock(clock);
    this.#options = { resetAfter, probes, isFailure, onStateChange, name, clock };
  }

  /** Its present state. */
  get state(): BreakerState {
    if (this.#state === "open" && this.#now() >= this.#resetAt - SAME_TIME) this.#enter("half-open");
    return this.#state;
  }

  /**
   * Calls `fn` in its own scope and waits for it, unless the breaker is open.
   *
   * **Cancellation**: a cancellation of `scope` is passed on, and waits for `fn`. It is not evidence. So is that of a time limit around this call: put
   * the limit inside, where it is a failure.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if an argument is wrong.
   * @throws {CircuitOpenError} If it is open, or half-open and all probes are taken.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @throws The error of `fn`, or that of `isFailure`.
   * @example
   * ```ts
   * import { Breaker, retry } from "@selvage/retry";
   *
   * const breaker = new Breaker({ rate: 0.5, window: 10_000, minimum: 20 }, { resetAfter: 30_000 });
   * let calls = 0;
   * const answer = await retry(
   *   (scope) =>
   *     breaker.run(scope, async () => {
   *       if (++calls === 1) throw new Error("503");
   *       return "fine";
   *     }),
   *   { backoff: { initial: 1 } },
   * );
   * console.assert(answer === "fine" && breaker.state === "closed");
   * ```
   */
  run<T>(scope: WaitScope, fn: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    checkWaitScope(scope);
    checkFunction(fn, "The function to run");
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    const label = { kind: "breaker", name: functionName(fn) || undefined, isNamed: false };
    const own = new CancelScope({ parent: scope, _label: label } as LabelledOptions);
    return runBody(own, () => this.#call(own, fn), own, RETHROW) as Promise<T>;
  }

  async #call<T>(own: CancelScope, fn: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    own.throwIfCancelled();
    const { state } = this;
    if (state === "open" || (state === "half-open" && this.#probes + this.#succeeded >= this.#options.probes)) {
      throw this.#refuse(state);
    }
    // From here on nothing can throw before the `try`, so a probe that is taken is returned.
    if (state === "half-open") this.#probes++;
    const period = this.#period;
    let evidence: Evidence = "none";
    try {
      const value = await fn.call(undefined, own);
      evidence = "success";
      return value;
    } catch (error) {
      if (!isCutOf(own, error)) evidence = this.#isFailure(error) ? "failure" : "success";
      throw error;
    } finally {
      if (period === this.#period) this.#record(evidence);
    }
  }

  #isFailure(error: unknown): boolean {
    const { isFailure } = this.#options;
    return isFailure === undefined || checkAnswer("isFailure", isFailure.call(undefined, error));
  }

  /** Records how a call of the present period has ended. */
  #record(evidence: Evidence): void {
    if (this.#state === "half-open") {
      this.#probes--;
      if (evidence === "failure") this.#open();
      else if (evidence === "success" && ++this.#succeeded >= this.#options.probes) this.#enter("closed");
      return;
    }
    if (evidence === "none") return;
    const hasFailed = evidence === "failure";
    this.#inARow = hasFailed ? this.#inARow + 1 : 0;
    const isReached = this.#rate?.add(hasFailed, this.#now()) ?? this.#inARow >= this.#most;
    if (isReached && hasFailed) this.#open();
  }

  #open(): void {
    this.#resetAt = this.#now() + this.#options.resetAfter;
    this.#enter("open");
  }

  #enter(state: BreakerState): void {
    const before = this.#state;
    this.#state = state;
    this.#period++;
    this.#inARow = this.#probes = this.#succeeded = 0;
    this.#rate?.clear();
    try {
      this.#options.onStateChange?.call(undefined, state, before);
    } catch (error) {
      reportUncaught(error);
    }
  }

  #refuse(state: BreakerState): CircuitOpenError {
    const { name } = this.#options;
    const title = name === undefined ? "The breaker" : `The breaker ${quoteName(name)}`;
    if (state === "half-open") return new CircuitOpenError(`${title} is half-open, and its probes are taken.`, 0);
    const retryAfter = Math.max(0, this.#resetAt - this.#now());
    return new CircuitOpenError(`${title} is open for another ${Math.ceil(retryAfter)} ms.`, retryAfter);
  }

  /** Reads the clock. If it was replaced or has gone back, the rest of `resetAfter` stays the same. */
  #now(): number {
    const clock = this.#options.clock ?? platformClock();
    const now = clock.now();
    const shift = this.#shift.record(clock, now);
    if (shift !== 0) {
      this.#resetAt += shift;
      this.#rate?.clear();
    }
    return now;
  }
}
