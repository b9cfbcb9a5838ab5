import { arm, disarm, type Timed } from "../time/timer.js";
import type { CancelScope } from "../cancel-scope.js";
import type { Clock } from "../time/clock.js";
import { lookUntil } from "../time/look.js";
import { type Deferred, deferred } from "../support/deferred.js";
import { hold, release } from "./keep-alive.js";
import { keepHot } from "../support/keep-hot.js";
import { CLOSED } from "../tree/scope-tree.js";
import { Wait } from "./wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/**
 * Waits in a live scope until a time on its clock, or until the scope is cancelled or closed (S12). Returns `undefined` if the scope has ended
 * because setting the timer ran foreign code.
 *
 * @param now - The present time on the clock. It is not used if the wait has no end.
 */
export function sleepUntil(scope: CancelScope, when: number, now: number): Promise<void> | undefined {
  const { clock } = scope;
  const sleeper = new Sleeper(scope, clock, when);
  if (when !== Infinity) {
    arm(sleeper, now);
  } else if (clock.isReal === true) {
    // A timer keeps the process alive, and a promise does not.
    if (hold(clock)) sleeper.timer = SHARED;
    else arm(sleeper, clock.now());
  }
  if (scope._reason !== undefined || (scope._flags & CLOSED) !== 0) {
    sleeper.leave();
    return undefined;
  }
  addWaiter(sleeper);
  return sleeper.promise;
}

/** Stands for the timer that all sleeps without an end share. */
const SHARED: unique symbol = Symbol("the shared timer");

/** One pending `sleep` call. */
class Sleeper extends Wait<void> implements Timed {
  /** The time at which the sleep ends, on the clock; `Infinity` if only the end of the scope ends it. */
  readonly when: number;
  /** The clock of the scope when the sleep began. */
  readonly clock: Clock;
  /** The timer, while `armedFor` is finite; {@link SHARED} if the sleep has no end; otherwise `undefined`. */
  timer: unknown = undefined;
  /** The time for which the timer is set; `Infinity` while there is no timer. Never later than `when`. */
  armedFor: number = Infinity;
  /** Always true. It is defined on the prototype, so that it costs no word per sleep. */
  declare readonly keepsAlive: true;
  /** Settles the call. */
  readonly #resolve: () => void;

  constructor(scope: CancelScope, clock: Clock, when: number) {
    const result: Deferred<void> = deferred();
    super(scope, result);
    this.when = when;
    this.clock = clock;
    this.#resolve = result.resolve;
  }

  timePassed(): void {
    const { scope } = this;
    if (scope === undefined) return;
    try {
      // At equal times the deadline wins (C1). If the time is not in step with the timers, the deadline's own timer has fired by now.
      if (this.clock.goesWithTimers !== false) lookUntil(scope, this.clock, this.when);
    } catch (error) {
      this.clockFailed(error);
      return;
    }
    if (this.scope === undefined) return;
    removeWaiter(this);
    this.#resolve();
  }

  clockFailed(error: unknown): void {
    if (this.scope === undefined) return;
    removeWaiter(this);
    this.reject(error); // only this call fails (C1)
  }

  override leave(): void {
    if (this.timer === SHARED) {
      this.timer = undefined;
      release();
    } else {
      disarm(this);
    }
  }
}

Object.defineProperty(Sleeper.prototype, "keepsAlive", { value: true });

keepHot((clock) => new Sleeper(undefined!, clock, 0));
