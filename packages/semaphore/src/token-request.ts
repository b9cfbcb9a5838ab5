import type { Clock } from "@selvage/scope";
import { Turn, type WaitScope } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import type { RateLimiter } from "./rate-limiter.js";

/**
 * A pending `take`. It has its own alarm, which the caller sets when it begins to wait, for the time at which it has its turn if no waiter leaves. If its
 * turn comes earlier, the code that causes that sets a second alarm. It is only a hint: in Workers a timer ends with the request that set it (C1), and
 * the code that causes it is often a request that is just being cancelled.
 */
export class TokenRequest extends Turn<void> {
  readonly n: number;
  /** @internal How many of its tokens are counted in the limiter's sum: 0 once it no longer waits. */
  _asks: number;
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;
  /** `undefined` until `_setOwn` is called. */
  #own: Alarm | undefined = undefined;
  /** The second alarm; `undefined` until it is needed. */
  #hint: Alarm | undefined = undefined;

  constructor(limiter: RateLimiter, scope: WaitScope, n: number, clock: Clock) {
    super(scope);
    this.n = this._asks = n;
    this.#limiter = limiter;
    this.#clock = clock;
  }

  override get waiting(): string {
    return this.#limiter._title;
  }

  /** @internal Sets its own alarm, for the time at which it has its turn at the latest. If that is now, it is served. */
  _setOwn(now: number): void {
    let time = this.#limiter._latest(now);
    if (time <= now) {
      this.#limiter._serve(now);
      if (this.queue === undefined) return;
      time = now + 1; // the limiter serves already, so this call did not
    }
    this.#own = this.#set(time, now);
  }

  /** @internal Makes sure that an alarm is set for its turn, which is not now. Returns false if the wait ends because of that. */
  _wakeAt(time: number, now: number): boolean {
    if (this.#own !== undefined && this.#own.when <= time) return true;
    if (this.#hint?.when !== time) {
      const earlier = this.#hint;
      this.#hint = this.#set(time, now);
      earlier?.clear();
    }
    return this.scope !== undefined;
  }

  /** @internal Clears its alarms, before it is served. Returns false if the wait ends because of that. Then it gets no tokens. */
  _ready(): boolean {
    try {
      this.#clear();
    } catch (error) {
      this.refuse(error);
    }
    return this.queue !== undefined;
  }

  /** Ends the wait. The tokens were taken for it. */
  serve(): void {
    this.#limiter._leaves(this);
    this.grant();
  }

  override left(): void {
    this.#limiter._leaves(this);
    try {
      this.#clear();
    } finally {
      this.#limiter._left();
    }
  }

  /** Sets an alarm. If the clock throws, the wait ends with that error. */
  #set(time: number, now: number): Alarm {
    const alarm = new Alarm(
      () => {
        const later = this.#limiter._fired(time);
        this.#limiter._serve(later);
        // If its own alarm and those before it were late, its turn is later.
        if (this.queue !== undefined && this.#own?.when === Infinity) this._setOwn(later);
      },
      { clock: this.#clock, keepAlive: true },
    );
    try {
      alarm.set(time, now);
      if (this.scope === undefined) alarm.clear(); // the clock is foreign code, which has ended the wait
    } catch (error) {
      this.refuse(error);
    }
    return alarm;
  }

  #clear(): void {
    try {
      this.#own?.clear();
    } finally {
      this.#hint?.clear();
    }
  }
}
