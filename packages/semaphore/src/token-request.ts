import type { Clock } from "@selvage/scope";
import { Turn, type WaitScope } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import type { RateLimiter } from "./rate-limiter.js";

/** A pending `take`. It has its own timer, because a host may end the timers of other callers (C1). */
export class TokenRequest extends Turn<void> {
  readonly n: number;
  /** How many of its tokens are counted in the limiter's sum: 0 once it no longer waits. */
  asks: number;
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  /** The latest time for which its alarm was set. */
  #due = -Infinity;

  constructor(limiter: RateLimiter, scope: WaitScope, n: number, clock: Clock) {
    super(scope);
    this.n = this.asks = n;
    this.#limiter = limiter;
    this.#clock = clock;
    this.#alarm = new Alarm(
      () => {
        this.#wake();
      },
      { clock, keepAlive: true },
    );
  }

  override get waiting(): string {
    return this.#limiter._title;
  }

  /** Sets the alarm to a later time than the present one. Returns false if the clock throws, which ends this wait. */
  wakeAt(due: number, now: number): boolean {
    if (due === this.#alarm.when) return true;
    this.#due = due;
    try {
      this.#alarm.set(due, now);
      return true;
    } catch (error) {
      this.refuse(error);
      return false;
    }
  }

  /** Ends the wait. Returns false if the clock throws. Then it gets no tokens. */
  serve(): boolean {
    try {
      this.#alarm.clear();
    } catch (error) {
      this.refuse(error);
      return false;
    }
    this.#limiter._leaves(this);
    this.grant();
    return true;
  }

  override refuse(error: unknown): void {
    this.#limiter._leaves(this);
    super.refuse(error);
  }

  override leave(): void {
    super.leave();
    this.#limiter._leaves(this);
    this.#alarm.clear();
    this.#limiter._serve(this.#clock.now()); // those behind it may be served earlier
  }

  #wake(): void {
    let now: number;
    try {
      now = Math.max(this.#due, this.#clock.now());
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.#limiter._serve(now);
  }
}
