import type { CancelScope } from "@selvage/scope";
import type { Entry, TurnQueue } from "@selvage/scope/internal";
import type { LimitProtocol, LimitWaiter } from "@selvage/scope/lowlevel";
import type { Served } from "./request.js";
import type { Semaphore } from "./semaphore.js";

/** A semaphore as the limit of groups, supervisors and `map` (M9). */
export class LimitedTasks implements LimitProtocol {
  /** What a task waits for in the queue. */
  readonly waiting: string;
  /** What a task that runs holds. */
  readonly holding: string;
  readonly #semaphore: Semaphore;
  /** The entry of each task that waits. */
  readonly #entries = new Map<LimitWaiter, Limited>();

  constructor(semaphore: Semaphore) {
    this.#semaphore = semaphore;
    this.waiting = semaphore._title;
    this.holding = semaphore._holding(1);
  }

  tryTake(scope: CancelScope): boolean {
    const isTaken = this.#semaphore._take(1);
    if (isTaken) this.#semaphore._tasks.add(scope);
    return isTaken;
  }

  wait(waiter: LimitWaiter): void {
    const error = this.#semaphore._endless(waiter.scope!, 1);
    if (error !== undefined) {
      waiter.refuse(error);
      return;
    }
    const limited = new Limited(waiter, this.#semaphore, this.#entries);
    this.#entries.set(waiter, limited);
    this.#semaphore._queue.add(limited);
    this.#semaphore._serve();
  }

  withdraw(waiter: LimitWaiter): void {
    const limited = this.#entries.get(waiter);
    if (limited === undefined) return;
    this.#entries.delete(waiter);
    this.#semaphore._queue.remove(limited);
    this.#semaphore._serve();
  }

  release(scope: CancelScope): void {
    this.#semaphore._tasks.delete(scope);
    this.#semaphore._give(1);
  }
}

/** A task that waits for a permit. */
class Limited implements Served {
  readonly n = 1;
  ahead: Entry | undefined = undefined;
  behind: Entry | undefined = undefined;
  queue: TurnQueue<Entry> | undefined = undefined;
  readonly #waiter: LimitWaiter;
  readonly #semaphore: Semaphore;
  /** The entries of all tasks that wait. */
  readonly #entries: Map<LimitWaiter, Limited>;

  constructor(waiter: LimitWaiter, semaphore: Semaphore, entries: Map<LimitWaiter, Limited>) {
    this.#waiter = waiter;
    this.#semaphore = semaphore;
    this.#entries = entries;
  }

  get scope(): CancelScope | undefined {
    return this.#waiter.scope;
  }

  serve(): void {
    this.#entries.delete(this.#waiter);
    this.#semaphore._tasks.add(this.#waiter.scope!);
    this.#waiter.grant();
  }

  refuse(error: Error): void {
    this.#entries.delete(this.#waiter);
    this.#waiter.refuse(error);
    this.#semaphore._serve();
  }
}
