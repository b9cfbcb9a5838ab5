import { arm, disarm, type Timed } from "../time/timer.js";
import type { CancelScope } from "../cancel-scope.js";
import type { Clock } from "../time/clock.js";
import { lookUntil } from "../time/deadline.js";
import { type Deferred, deferred } from "../support/deferred.js";
import { keepHot } from "../support/keep-hot.js";
import { CLOSED } from "../tree/scope-tree.js";
import { Wait } from "./wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/**
 * Waits in a live scope for a time on its clock, for its cancellation, or for its end: whichever comes first (S12). Returns `undefined`
 * if setting the timer, which is other code, has ended the scope.
 *
 * @param now - What the clock says; `Infinity` for a wait without a timer.
 */
export function sleepUntil(scope: CancelScope, when: number, now: number): Promise<void> | undefined {
  const { clock } = scope;
  const sleeper = new Sleeper(scope, clock, when);
  if (now !== Infinity) arm(sleeper, now);
  if (scope._reason !== undefined || (scope._flags & CLOSED) !== 0) {
    disarm(sleeper);
    return undefined;
  }
  addWaiter(sleeper);
  return sleeper.promise;
}

class Sleeper extends Wait<void> implements Timed {
  readonly when: number;
  readonly clock: Clock;
  timer: unknown = undefined;
  armedFor: number = Infinity;
  declare readonly keepsAlive: true; // on the prototype
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
      // At equal times the deadline wins (C1). Where the time does not go with the timers, the deadline's timer has fired by then.
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
    this.reject(error); // this call fails, and no other (C1)
  }

  override leave(): void {
    disarm(this);
  }
}

Object.defineProperty(Sleeper.prototype, "keepsAlive", { value: true });

keepHot((clock) => new Sleeper(undefined!, clock, 0));
