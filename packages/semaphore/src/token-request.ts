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
  /** How many of its tokens are counted in the limiter's sum: 0 once it no longer waits. */
  asks: number;
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;
  readonly #own: Alarm;
  /** The time for which its own alarm was last set. When the alarm is called, this time has come, whatever the clock says. */
  #ownTime = -Infinity;
  /** The second alarm; `undefined` until it is needed. */
  #hint: Alarm | undefined = undefined;
  /** The time for which the second alarm was last set. */
  #hintTime = -Infinity;

  constructor(limiter: RateLimiter, scope: WaitScope, n: number, clock: Clock) {
    super(scope);
    this.n = this.asks = n;
    this.#limiter = limiter;
    this.#clock = clock;
    this.#own = new Alarm(
      () => {
        this.#wake(this.#ownTime);
        if (this.queue !== undefined) this.setOwn(); // its turn is later, because its alarm and those before it were late
      },
      { clock, keepAlive: true },
    );
  }

  override get waiting(): string {
    return this.#limiter._title;
  }

  /** Sets its own alarm, for the time at which it has its turn at the latest. If the clock throws, the wait ends with that error. */
  setOwn(): void {
    try {
      const now = Math.max(this.#ownTime, this.#clock.now());
      this.#ownTime = this.#limiter._latest(now);
      if (this.#ownTime <= now) {
        this.#limiter._serve(now);
        if (this.queue === undefined) return;
        this.#ownTime = now + 1; // the limiter serves already, so this call did not
      }
      this.#set(this.#own, this.#ownTime, now);
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Makes sure that an alarm is set for its turn, which is not now. Returns false if the wait ends because of that. */
  wakeAt(time: number, now: number): boolean {
    if (this.#own.when <= time || this.#hint?.when === time) return true;
    try {
      this.#hint ??= new Alarm(
        () => {
          this.#wake(this.#hintTime);
        },
        { clock: this.#clock, keepAlive: true },
      );
      this.#hintTime = time;
      this.#set(this.#hint, time, now);
    } catch (error) {
      this.refuse(error);
    }
    return this.scope !== undefined;
  }

  /** Clears its alarms, before it is served. Returns false if the wait ends because of that. Then it gets no tokens. */
  ready(): boolean {
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

  override refuse(error: unknown): void {
    this.#limiter._leaves(this);
    super.refuse(error);
    try {
      this.#clear();
    } catch {
      // The clock throws, which is already the error of this wait, or does not matter to it.
    }
    this.#limiter._left(this.#clock);
  }

  override leave(): void {
    super.leave();
    this.#limiter._leaves(this);
    try {
      this.#clear();
    } finally {
      this.#limiter._left(this.#clock);
    }
  }

  /** Sets an alarm. The clock is foreign code, which may end the wait meanwhile. */
  #set(alarm: Alarm, time: number, now: number): void {
    alarm.set(time, now);
    if (this.scope === undefined) alarm.clear();
  }

  #clear(): void {
    try {
      this.#own.clear();
    } finally {
      this.#hint?.clear();
    }
  }

  #wake(time: number): void {
    let now: number;
    try {
      now = Math.max(time, this.#clock.now());
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.#limiter._serve(now);
  }
}
