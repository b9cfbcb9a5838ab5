import type { CancelScope } from "./cancel-scope.js";
import { type Deferred, deferred } from "./deferred.js";
import { keepHot } from "./keep-hot.js";
import type { TimerEntry } from "./timer-heap.js";
import { queueOf, type TimerQueue } from "./timer-queue.js";
import { Wait } from "./wait.js";
import { addWaiter, removeWaiter } from "./waiter.js";

/** Waits in a live scope for a time on its clock, for its cancellation, or for its end: whichever comes first (S12). */
export function sleepUntil(scope: CancelScope, when: number): Promise<void> {
  if (when === Infinity) {
    const wait = new Wait<void>(scope, deferred());
    addWaiter(wait);
    return wait.promise;
  }
  const queue = queueOf(scope.clock);
  const sleeper = new Sleeper(scope, queue);
  addWaiter(sleeper);
  queue.add(queue.sleepers, sleeper, when);
  return sleeper.promise;
}

class Sleeper extends Wait<void> implements TimerEntry {
  heapIndex = -1;
  readonly #queue: TimerQueue;
  readonly #resolve: () => void;

  constructor(scope: CancelScope, queue: TimerQueue) {
    const result: Deferred<void> = deferred();
    super(scope, result);
    this.#queue = queue;
    this.#resolve = result.resolve;
  }

  get keepsAlive(): boolean {
    return true;
  }

  timePassed(): void {
    removeWaiter(this);
    this.#resolve();
  }

  override leave(): void {
    this.#queue.remove(this.#queue.sleepers, this);
  }
}

keepHot(() => new Sleeper(undefined!, undefined!));
