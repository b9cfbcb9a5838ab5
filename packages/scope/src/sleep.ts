import type { CancelScope } from "./cancel-scope.js";
import type { CancelledError } from "./cancelled-error.js";
import { type Deferred, deferred, handled } from "./deferred.js";
import { ClosedError } from "./errors.js";
import type { TimerEntry } from "./timer-heap.js";
import { queueOf, type TimerQueue } from "./timer-queue.js";
import { addWaiter, removeWaiter, Waiter } from "./waiter.js";
import { keepHot } from "./keep-hot.js";

/** Waits in a live scope for `ms` milliseconds, for its cancellation, or for its end: whichever comes first (S12). */
export function sleepIn(scope: CancelScope, ms: number): Promise<void> {
  const sleeper = new Sleeper(scope);
  addWaiter(sleeper);
  if (ms !== Infinity) {
    const queue = queueOf(scope.clock);
    sleeper.queue = queue;
    queue.add(queue.sleepers, sleeper, scope.clock.now() + Math.max(0, ms));
  }
  return sleeper.deferred.promise;
}

class Sleeper extends Waiter implements TimerEntry {
  heapIndex = -1;
  queue: TimerQueue | undefined = undefined;
  readonly deferred: Deferred<void> = deferred();

  get keepsAlive(): boolean {
    return true;
  }

  timePassed(): void {
    removeWaiter(this);
    this.deferred.resolve();
  }

  override cancelled(reason: CancelledError): void {
    this.#end(reason);
  }

  override closed(): void {
    this.#end(new ClosedError("The scope was closed while something slept in it: close it when its work has ended."));
  }

  #end(error: Error): void {
    if (this.heapIndex >= 0) this.queue!.remove(this.queue!.sleepers, this);
    void handled(this.deferred.promise);
    this.deferred.reject(error);
  }
}

keepHot(() => new Sleeper(undefined!));
