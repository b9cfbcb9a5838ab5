import type { Clock } from "@selvage/scope";
import {
  checkCount,
  checkWaitScope,
  goesWithTimers,
  platformClock,
  quoteName,
  refusalOf,
  SAME_TIME,
  TimeShift,
  TurnQueue,
  type WaitScope,
} from "@selvage/scope/internal";
import { checkLimiter, type RateLimiterOptions } from "./rate-limiter-options.js";
import { TokenRequest } from "./token-request.js";

/**
 * A token bucket: `rate` calls in `per` milliseconds on average, and up to `burst` at once after a pause, so at most `rate + burst` in any `per`.
 * The bucket is full at the start.
 *
 * Waiters are served first in, first out, whatever number of tokens they ask for. A pending `take` keeps the process alive; an idle limiter does not,
 * and has no timer.
 *
 * **Cancellation**: a wait rejects with the `CancelledError` of its scope, takes no token, and leaves the queue in constant time.
 *
 * @throws {TypeError | RangeError} If an option is wrong.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { RateLimiter } from "@selvage/semaphore";
 *
 * const requests = new RateLimiter({ rate: 100, per: 1_000, burst: 2, name: "requests" });
 * using scope = new CancelScope();
 * await requests.take(scope); // at once
 * await requests.take(scope); // at once
 * await requests.take(scope); // after 10 ms
 * ```
 */
export class RateLimiter {
  /** The name; `undefined` if none was given. */
  readonly name: string | undefined;
  readonly #clock: Clock | undefined;
  readonly #rate: number;
  readonly #per: number;
  readonly #burst: number;
  /** A time at which the bucket was full. */
  #fullAt = -Infinity;
  /** How many tokens were taken since then. They are counted, and not added up as times, so that no rounding error grows. */
  #taken = 0;
  readonly #shift = new TimeShift();
  /** The latest time that an alarm has shown, which a clock that does not go with its timers does not show (C1). */
  #shown = -Infinity;
  readonly #queue = new TurnQueue<TokenRequest>();
  /** How many tokens the waiters ask for. */
  #asked = 0;
  /** Whether `#serve` is running. */
  #isServing = false;

  constructor(options: RateLimiterOptions) {
    const { rate, per, burst, name, clock } = checkLimiter(options);
    this.name = name;
    this.#clock = clock;
    this.#rate = rate;
    this.#per = per;
    this.#burst = burst;
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Takes `n` tokens, and waits until they are there. If nothing waits and they are there, it does not wait.
   *
   * **Cancellation**: rejects with the scope's `CancelledError`, and takes no token. Callers behind it have their turn earlier.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or `n` is more than `burst`.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @example
   * ```ts
   * import { CancelScope, now } from "@selvage/scope";
   * import { RateLimiter } from "@selvage/semaphore";
   *
   * const uploads = new RateLimiter({ rate: 1, per: 60_000, name: "uploads" });
   * const sent = await CancelScope.run(
   *   async (scope) => {
   *     await uploads.take(scope); // at once
   *     await uploads.take(scope); // in a minute
   *     return true;
   *   },
   *   { deadline: now() + 10 },
   * );
   * console.assert(sent === undefined && uploads.waiting === 0);
   * ```
   */
  take(scope: WaitScope, n: number = 1): Promise<void> {
    checkWaitScope(scope);
    this.#checkRequest(n);
    const clock = this.#clock ?? platformClock();
    const now = this.#read(clock); // first, because the clock is foreign code, which may end the scope
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    if (this.#tryTake(n, now)) return Promise.resolve();
    const request = new TokenRequest(this, scope, n, clock);
    this.#asked += n;
    const promise = request.stand(this.#queue);
    if (request.queue !== undefined) request._setOwn(now); // otherwise an observer has ended its scope
    return promise;
  }

  /**
   * Takes `n` tokens if they are there and there are no waiters. Returns whether it did.
   *
   * @throws {TypeError | RangeError} If `n` is not a positive integer, or is more than `burst`.
   * @example
   * ```ts
   * import { RateLimiter } from "@selvage/semaphore";
   *
   * const logins = new RateLimiter({ rate: 1, per: 60_000 });
   * console.assert(logins.tryTake() && !logins.tryTake());
   * ```
   */
  tryTake(n: number = 1): boolean {
    this.#checkRequest(n);
    return this.#tryTake(n, this.#read(this.#clock ?? platformClock()));
  }

  /** @internal What it is called in messages. */
  get _title(): string {
    return this.name === undefined ? "rate limiter" : `rate limiter ${quoteName(this.name)}`;
  }

  /** @internal Whether it cannot be distinguished from a new one. False if the clock throws. */
  get _isIdle(): boolean {
    return this.#queue.length === 0 && this.#timeOf(this.#taken) <= this._now() + SAME_TIME;
  }

  /** @internal The present time; `-Infinity` if the clock throws. Then only the timers tell how late it is. */
  _now(): number {
    try {
      return this.#read(this.#clock ?? platformClock());
    } catch {
      return -Infinity;
    }
  }

  /** @internal An alarm for this time has fired. Returns the present time. */
  _fired(time: number): number {
    const now = Math.max(time, this._now());
    this.#shown = Math.max(this.#shown, time);
    return now;
  }

  /** Reads the clock. If it was replaced or has gone back, the bucket keeps the tokens that it had. */
  #read(clock: Clock): number {
    const now = clock.now();
    const shift = this.#shift.record(clock, now);
    if (shift !== 0) {
      this.#fullAt += shift;
      this.#shown = -Infinity;
    }
    return goesWithTimers(clock) ? now : Math.max(now, this.#shown);
  }

  /** @internal When the last waiter has its turn, if none leaves. */
  _latest(now: number): number {
    return this.#dueAt(this.#asked, now);
  }

  /** @internal A waiter no longer asks for tokens. */
  _leaves(request: TokenRequest): void {
    this.#asked -= request._asks;
    request._asks = 0;
  }

  /** @internal A waiter has left: the turn of those behind it may come earlier. */
  _left(): void {
    if (this.#queue.length === 0 || this.#isServing) return;
    const now = this._now();
    if (now > -Infinity) this._serve(now); // otherwise their own alarms serve them
  }

  /** @internal Serves waiters for which there are tokens, and makes sure that an alarm is set for the next one. */
  _serve(now: number): void {
    if (this.#isServing) return; // the running call serves the rest
    this.#isServing = true;
    try {
      for (let next = this.#queue.first; next !== undefined; next = this.#queue.first) {
        const due = this.#dueAt(next.n, now);
        if (due > now + SAME_TIME) {
          if (next._wakeAt(due, now)) break;
        } else if (next._ready()) {
          this.#taken += next.n; // first, because what follows may run foreign code
          next.serve();
        }
      }
    } finally {
      this.#isServing = false;
    }
  }

  /** When there are `n` tokens, if none are taken meanwhile. */
  #dueAt(n: number, now: number): number {
    // If it is full just now, the earlier time stays, because each new one may add a rounding error.
    if (this.#timeOf(this.#taken) + SAME_TIME < now) {
      this.#fullAt = now;
      this.#taken = 0;
    }
    return this.#timeOf(this.#taken + n - this.#burst);
  }

  /** When the bucket has got `tokens` since it was full. */
  #timeOf(tokens: number): number {
    return this.#fullAt + (tokens * this.#per) / this.#rate;
  }

  #tryTake(n: number, now: number): boolean {
    if (this.#queue.length > 0) this._serve(now); // the time of the first ones may be up, or their alarms late
    if (this.#queue.length > 0 || this.#dueAt(n, now) > now + SAME_TIME) return false;
    this.#taken += n;
    return true;
  }

  #checkRequest(n: number): void {
    checkCount("The number of tokens to take", n);
    if (n > this.#burst) {
      throw new RangeError(`${n} tokens can never be taken: the ${this._title} holds at most ${this.#burst}.`);
    }
  }
}
