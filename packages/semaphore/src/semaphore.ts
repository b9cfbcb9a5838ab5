/// <reference lib="esnext.disposable" preserve="true" />
/* eslint-disable max-lines -- one public class, and half of it is its documentation */
import { type CancelScope, InvalidStateError } from "@selvage/scope";
import {
  checkCount,
  checkFunction,
  checkName,
  checkOptions,
  checkWaitScope,
  isOver,
  labelOf,
  quoteName,
  refusalOf,
  TurnQueue,
  type WaitScope,
} from "@selvage/scope/internal";
import { type LimitProtocol, parentOf, SHARED_LIMIT, type SharedLimit } from "@selvage/scope/lowlevel";
import { LimitedTasks } from "./limited-tasks.js";
import { Permit } from "./permit.js";
import { Request, type Served } from "./request.js";
import { Run } from "./run.js";

/** Options of a {@link Semaphore}. */
export interface SemaphoreOptions {
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
}

/**
 * A number of permits, which callers take and give back. Use it to limit how much runs at once over all callers: connections, memory, a licence.
 *
 * Callers that have to wait are served first in, first out, whatever number of permits they ask for. Nothing overtakes the queue, so small requests
 * cannot starve a large one. A permit that is given back goes to the first waiter in the same step.
 *
 * As the `limit` of task groups, supervisors and `map`, it is one limit over all of them: each task that runs holds a permit.
 *
 * A semaphore does not retain scopes, and does not keep the process alive.
 *
 * **Cancellation**: a wait rejects with the `CancelledError` of its scope, takes nothing, and leaves the queue in constant time.
 *
 * Compare asyncio's `Semaphore`, Trio's `CapacityLimiter` and Go's `semaphore.Weighted`.
 *
 * @throws {TypeError | RangeError} If `permits` is not a positive integer. @throws {TypeError} If an option is of the wrong type.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Semaphore } from "@selvage/semaphore";
 *
 * const connections = new Semaphore(2, { name: "connections" });
 * await CancelScope.run(async (scope) => {
 *   const rows = await connections.run(scope, async (query) => {
 *     await query.sleep(1);
 *     return ["row"];
 *   });
 *   console.assert(rows?.length === 1 && connections.free === 2);
 * });
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the static block defines the property
export class Semaphore {
  /** The name; `undefined` if none was given. */
  readonly name: string | undefined;
  #permits: number;
  /** How many permits are taken. After `permits` was lowered, it may be more than there are. */
  #taken = 0;
  /** @internal */
  readonly _queue: TurnQueue<Served> = new TurnQueue<Served>();
  /** @internal The scopes of the limited tasks that hold a permit. Empty when the semaphore is idle. */
  readonly _tasks = new Set<CancelScope>();
  /** @internal How many runs hold permits. */
  _runs = 0;
  /** The protocol for owners of tasks; `undefined` until one asks for it. */
  #limited: LimitedTasks | undefined = undefined;
  /** Whether `_serve` is running. Then another call does nothing, because that one serves the rest. */
  #isServing = false;
  /** @internal Called when it is idle; `undefined` unless a `Keyed` has made it. */
  _onIdle: (() => void) | undefined = undefined;
  /** The number of permits that it was made with. */
  readonly #initial: number;

  constructor(permits: number, options: SemaphoreOptions = {}) {
    checkCount("The number of permits", permits);
    checkOptions(options);
    const { name } = options;
    checkName(name, "A semaphore's name");
    this.name = name;
    this.#permits = this.#initial = permits;
  }

  /**
   * How many permits there are. Raising the number serves waiters at once. Lowering it takes effect as permits are given back. A waiter that asks for
   * more than there are then rejects with a `RangeError`.
   *
   * @throws {TypeError | RangeError} If it is set to a value that is not a positive integer.
   */
  get permits(): number {
    return this.#permits;
  }

  set permits(permits: number) {
    checkCount("The number of permits", permits);
    this.#permits = permits;
    for (const request of this._queue) this.#recheck(request);
    this._serve();
  }

  /** How many permits are not taken. While there are waiters, they are kept for the first of them. */
  get free(): number {
    return Math.max(0, this.#permits - this.#taken);
  }

  /** How many callers and tasks wait. */
  get waiting(): number {
    return this._queue.length;
  }

  /**
   * Takes `n` permits, calls `fn` with its own scope, waits for it, and gives the permits back. This is the recommended form. If permits are free, `fn`
   * is called at once.
   *
   * **Cancellation**: `fn` is not called if the scope is cancelled while it waits, or in the step in which it gets its turn. An explicit cancel of
   * `fn`'s own scope passes as a `CancelledError`.
   *
   * @param scope - The scope or signal of the caller. The scope of `fn` lies below it.
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or `n` is more than there are permits.
   * @throws {InvalidStateError} If the wait would never end, because this code itself holds the permits: a mutex that is taken twice.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   * import { Semaphore } from "@selvage/semaphore";
   *
   * using scope = new CancelScope();
   * const memory = new Semaphore(512, { name: "memory" });
   * console.assert((await memory.run(scope, () => memory.free, 200)) === 312);
   * ```
   */
  run<T>(scope: WaitScope, fn: (scope: CancelScope) => T | PromiseLike<T>, n: number = 1): Promise<T> {
    checkWaitScope(scope);
    checkFunction(fn, "The function to run");
    this.#checkRequest(n);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    return new Run(this, fn, n).in(scope);
  }

  /**
   * Takes `n` permits, for code that cannot be written as a function of `run`. Give them back with `release`, or with `using`.
   *
   * **Cancellation**: rejects with the scope's `CancelledError`, and takes nothing. Permits that were already handed over stay with the caller, even if
   * the scope is cancelled in the same step: check the scope afterwards, or use {@link Semaphore.run}.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or `n` is more than there are permits.
   * @throws {InvalidStateError} If the wait would never end, because a `run` or a limited task around it holds the permits.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   * import { Semaphore } from "@selvage/semaphore";
   *
   * using scope = new CancelScope();
   * const tickets = new Semaphore(1);
   * {
   *   using permit = await tickets.acquire(scope);
   *   console.assert(tickets.free === 0);
   * }
   * console.assert(tickets.free === 1);
   * ```
   */
  acquire(scope: WaitScope, n: number = 1): Promise<Permit> {
    checkWaitScope(scope);
    this.#checkRequest(n);
    const permit = (): Permit => new Permit(this, n, scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    return this._take(n) ? Promise.resolve(permit()) : this._wait(new Request(this, scope, n, permit));
  }

  /**
   * Takes `n` permits if they are free and there are no waiters; otherwise returns `undefined`.
   *
   * @throws {TypeError | RangeError} If `n` is not a positive integer, or is more than there are permits.
   * @example
   * ```ts
   * import { Semaphore } from "@selvage/semaphore";
   *
   * const tickets = new Semaphore(1);
   * const permit = tickets.tryAcquire();
   * console.assert(permit !== undefined && tickets.tryAcquire() === undefined);
   * permit?.release();
   * ```
   */
  tryAcquire(n: number = 1): Permit | undefined {
    this.#checkRequest(n);
    return this._take(n) ? new Permit(this, n) : undefined;
  }

  static {
    // What owners of tasks call if the semaphore is their `limit`.
    Object.defineProperty(this.prototype, SHARED_LIMIT, {
      get(this: Semaphore): LimitProtocol {
        return (this.#limited ??= new LimitedTasks(this));
      },
    });
  }

  /** @internal What it is called in messages: 'semaphore "db"'. */
  get _title(): string {
    return this.name === undefined ? this._kind : `${this._kind} ${quoteName(this.name)}`;
  }

  /** @internal */
  get _kind(): string {
    return "semaphore";
  }

  /** @internal What a holder of `n` permits holds: '2 permits of semaphore "db"'. */
  _holding(n: number): string {
    return `${n} ${n === 1 ? "permit" : "permits"} of ${this._title}`;
  }

  /** @internal Whether it cannot be distinguished from a new one. */
  get _isIdle(): boolean {
    return this.#taken === 0 && this._queue.length === 0 && this.#permits === this.#initial;
  }

  /** @internal Takes back permits, and serves waiters. */
  _give(n: number): void {
    this.#taken -= n;
    this._serve();
  }

  /** @internal Takes permits if they are free and there are no waiters. */
  _take(n: number): boolean {
    if (this._queue.length > 0) this._serve(); // the time of the first ones may be up
    if (this._queue.length > 0 || n > this.#permits - this.#taken) return false;
    this.#taken += n;
    return true;
  }

  /** @internal Waits in the queue. */
  _wait<T>(request: Request<T>): Promise<T> {
    const error = this.#neverServed(request.scope!, request.n); // again, because foreign code may have lowered `permits`
    if (error === undefined) {
      void request.stand(this._queue as unknown as TurnQueue<Request<T>>);
      this._serve(); // an observer may have released permits before it stood in the queue
    } else {
      request.refuse(error);
    }
    return request.promise;
  }

  /** @internal Hands free permits to the first waiters. */
  _serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (;;) {
        const request = this._queue.length === 0 ? undefined : this._queue.first;
        if (request === undefined || request.n > this.#permits - this.#taken) break;
        this._queue.remove(request);
        this.#taken += request.n; // first, because the start of a task runs foreign code
        request.serve();
      }
    } finally {
      this.#isServing = false;
    }
    if (this._onIdle !== undefined && this._isIdle) this._onIdle();
  }

  /** Refuses a waiter if it can no longer ever be served. */
  #recheck(request: Served): void {
    const { scope, n } = request;
    if (request.queue === undefined || scope === undefined) return; // the end of an earlier one has run foreign code
    let error = this.#neverServed(scope, n);
    if (error === undefined) return;
    try {
      if (isOver(scope)) return; // its cancellation or its timer ends the wait: at equal times the deadline wins (C1)
    } catch (failure) {
      error = failure as Error; // a clock that throws fails only this wait (C1)
    }
    this._queue.remove(request);
    request.refuse(error);
  }

  /** The error of a wait that can never end; otherwise `undefined`. */
  #neverServed(scope: CancelScope, n: number): Error | undefined {
    return n > this.#permits ? this.#tooMany(n) : this._endless(scope, n);
  }

  #checkRequest(n: number): void {
    checkCount("The number of permits to take", n);
    if (n > this.#permits) throw this.#tooMany(n);
  }

  #tooMany(n: number): RangeError {
    return new RangeError(`${n} permits can never be taken: the ${this._title} has ${this.#permits}.`);
  }

  /** @internal The error of a wait that can never end, because runs and limited tasks at or above it hold the permits (M8); otherwise `undefined`. */
  _endless(scope: CancelScope, n: number): InvalidStateError | undefined {
    if (this._runs === 0 && this._tasks.size === 0) return undefined;
    let left = this.#permits;
    const names: string[] = [];
    for (let node: CancelScope | undefined = scope; node !== undefined; node = parentOf(node)) {
      const label = labelOf(node);
      const own = label instanceof Run ? label.heldOf(this) : this._tasks.has(node) ? 1 : 0;
      if (own === 0) continue;
      left -= own;
      names.push(`${quoteName(node.name ?? "anonymous")} holds ${own} of ${this.#permits}`);
    }
    if (n <= left) return undefined;
    return new InvalidStateError(
      `This wait for the ${this._title} would never end: the code that waits is inside what holds the permits (${names.join(", ")}).`,
    );
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type -- a computed name in the class would not be declared
export interface Semaphore extends SharedLimit {}
