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
  readonly #host: Host;
  /** The entry of each task that waits. */
  readonly #waiting = new Map<LimitWaiter, Limited>();

  constructor(host: Host) {
    this.#host = host;
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
    const limited = new Limited(waiter, this.#waiting, this.#host.holders);
    this.#waiting.set(waiter, limited);
    this.#host.queue.add(limited);
  }

  withdraw(waiter: LimitWaiter): void {
    const limited = this.#waiting.get(waiter);
    if (limited === undefined) return;
    this.#waiting.delete(waiter);
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
  readonly #waiting: Map<LimitWaiter, Limited>;
  readonly #holders: Map<CancelScope, number>;

  constructor(waiter: LimitWaiter, waiting: Map<LimitWaiter, Limited>, holders: Map<CancelScope, number>) {
    this.#waiter = waiter;
    this.#waiting = waiting;
    this.#holders = holders;
  }

  get scope(): CancelScope | undefined {
    return this.#waiter.scope;
  }

  serve(): void {
    this.#waiting.delete(this.#waiter);
    this.#holders.set(this.#waiter.scope!, 1);
    this.#waiter.grant();
  }

  refuse(error: Error): void {
    this.#waiting.delete(this.#waiter);
    this.#waiter.refuse(error);
  }
}
