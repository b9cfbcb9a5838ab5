import type { CancelScope } from "@selvage/scope";
import type { Entry, TurnQueue } from "@selvage/scope/internal";
import type { LimitProtocol, LimitWaiter } from "@selvage/scope/lowlevel";
import type { Served } from "./request.js";

/** The part of a semaphore that tasks under it as a limit use. */
export interface Host {
  /** Takes a permit if one is free and there are no waiters. */
  take(): boolean;
  /** Takes a permit back. */
  give(): void;
  /** Serves waiters. */
  serve(): void;
  /** The error of a wait in this scope that can never end. */
  endless(scope: CancelScope): Error | undefined;
  readonly queue: TurnQueue<Served>;
  readonly holders: Map<CancelScope, number>;
}

/** A semaphore as the limit of groups, supervisors and `map` (M9). */
export class LimitedTasks implements LimitProtocol {
  /** What a task waits for in the queue. */
  readonly waiting: string;
  /** What a task that runs holds. */
  readonly holding: string;
  readonly #host: Host;
  /** The entry of each task that waits. */
  readonly #entries = new Map<LimitWaiter, Limited>();

  constructor(host: Host, waiting: string, holding: string) {
    this.#host = host;
    this.waiting = waiting;
    this.holding = holding;
  }

  tryTake(scope: CancelScope): boolean {
    if (!this.#host.take()) return false;
    this.#host.holders.set(scope, 1);
    return true;
  }

  wait(waiter: LimitWaiter): void {
    const error = this.#host.endless(waiter.scope!);
    if (error !== undefined) {
      waiter.refuse(error);
      return;
    }
    const limited = new Limited(waiter, this.#host, this.#entries);
    this.#entries.set(waiter, limited);
    this.#host.queue.add(limited);
    this.#host.serve();
  }

  withdraw(waiter: LimitWaiter): void {
    const limited = this.#entries.get(waiter);
    if (limited === undefined) return;
    this.#entries.delete(waiter);
    this.#host.queue.remove(limited);
    this.#host.serve();
  }

  release(scope: CancelScope): void {
    this.#host.holders.delete(scope);
    this.#host.give();
  }
}

/** A task that waits for a permit. */
class Limited implements Served {
  readonly n = 1;
  ahead: Entry | undefined = undefined;
  behind: Entry | undefined = undefined;
  queue: TurnQueue<Entry> | undefined = undefined;
  readonly #waiter: LimitWaiter;
  readonly #host: Host;
  /** The entries of all tasks that wait. */
  readonly #entries: Map<LimitWaiter, Limited>;

  constructor(waiter: LimitWaiter, host: Host, entries: Map<LimitWaiter, Limited>) {
    this.#waiter = waiter;
    this.#host = host;
    this.#entries = entries;
  }

  get scope(): CancelScope | undefined {
    return this.#waiter.scope;
  }

  serve(): void {
    this.#entries.delete(this.#waiter);
    this.#host.holders.set(this.#waiter.scope!, 1);
    this.#waiter.grant();
  }

  refuse(error: Error): void {
    this.#entries.delete(this.#waiter);
    this.#waiter.refuse(error);
    this.#host.serve();
  }
}
