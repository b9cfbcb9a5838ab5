/// <reference lib="esnext.disposable" preserve="true" />
import { type CancelScope, type Clock, ClosedError, type Task } from "@selvage/scope";
import {
  type DerivedNameOptions,
  addMethod,
  asyncDispose,
  checkCount,
  checkFunction,
  checkName,
  checkNumber,
  checkParentOptions,
  checkWaitScope,
  ignoreRejection,
  reasonOf,
  refusalOf,
  reportUncaught,
  type WaitScope,
} from "@selvage/scope/internal";
import { TaskOwner, type TaskPolicy } from "@selvage/scope/lowlevel";
import { Caller } from "./caller.js";
import { Flight } from "./flight.js";
import type { FlightHost } from "./flight-host.js";
import { KeptValues } from "./kept-values.js";
import { print } from "./print.js";
import { titleOf } from "./title.js";

/** The function that a flight calls, with its key and its own scope. */
export type FlightFunction<K, V> = (key: K, scope: CancelScope) => V | PromiseLike<V>;

/** Options of {@link Flights}. */
export interface FlightsOptions<K> {
  /** The scope or signal that owns the flights: its cancellation cancels them. `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** How long a flight goes on after its last caller has left, in milliseconds, so that a new caller can join it. Default: 0. */
  readonly linger?: number | undefined;
  /** How long a value is kept, in milliseconds. Needs `max`. Default: not at all. */
  readonly ttl?: number | undefined;
  /** For how many keys values are kept at most. The least recently used is dropped first. A positive integer or `Infinity`. */
  readonly max?: number | undefined;
  /** Called with each failure that has no caller left to receive it. Default: it is printed with `console.error`. */
  readonly onError?: ((error: unknown, key: K) => void) | undefined;
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
  /** The clock. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/**
 * Makes one call of many: who asks for a key while a call for it is under way joins that call, and gets its result. Use it in front of what is expensive:
 * a database, a remote service, a computation.
 *
 * The calls belong to the owner of the flights, not to a caller. The cancellation of a caller ends only that caller's wait. When the last caller has
 * left, the flight is cancelled. A failure is never kept, and a value only with `ttl` and `max`.
 *
 * **Cancellation**: a wait rejects with the `CancelledError` of the caller's scope, for the last callers when the flight has ended. A cancelled flight
 * is never joined.
 *
 * Compare Go's `singleflight`, which does not know about cancellation, and the DataLoader.
 *
 * @throws {TypeError | RangeError} If an option is wrong, or `ttl` is given without `max`. @throws {ClosedError} If the parent is closed.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Flights } from "@selvage/flight";
 *
 * let calls = 0;
 * await using users = new Flights<number, string>();
 * await CancelScope.run(async (scope) => {
 *   const load = async (id: number) => `user ${id}, call ${++calls}`;
 *   const [one, other] = await Promise.all([users.get(scope, 7, load), users.get(scope, 7, load)]);
 *   console.assert(one === "user 7, call 1" && other === one);
 * });
 * ```
 */
export class Flights<K, V> {
  readonly #owner: TaskOwner;
  /** `undefined` if no values are kept. */
  readonly #kept: KeptValues<K, V> | undefined;
  readonly #onError: FlightsOptions<K>["onError"];
  /** The newest flight of each key. */
  readonly #flights = new Map<K, Flight<K, V>>();
  /** The flight of each task. */
  readonly #byTask = new WeakMap<Task<unknown>, Flight<K, V>>();
  readonly #host: FlightHost<K, V>;
  /** Resolves when all flights have ended; `undefined` until the first call of the disposer. */
  #closing: Promise<void> | undefined = undefined;

  constructor(options: FlightsOptions<K> = {}) {
    checkParentOptions(options);
    const { parent, linger = 0, ttl, max, onError, name, clock } = options;
    checkNumber("linger", linger, 0);
    if (max !== undefined && max !== Infinity) checkCount("max", max);
    if (ttl !== undefined) {
      checkNumber("ttl", ttl, 0);
      if (max === undefined)
        throw new TypeError("ttl needs max: the number of keys for which values are kept at most.");
    }
    if (onError !== undefined) checkFunction(onError, "onError");
    checkName(name, "A name");
    this.#kept = ttl === undefined ? undefined : new KeptValues(ttl, max!);
    this.#onError = onError;
    const policy: TaskPolicy = {
      taskEnded: (task) => {
        this.#byTask.get(task)?.ended(task as never);
      },
    };
    this.#owner = new TaskOwner("Flights", { parent, name, clock }, policy);
    this.#host = {
      linger,
      scope: this.#owner.scope,
      start: (flight, fn) => {
        this.#start(flight, fn);
      },
      left: (flight) => {
        this.#left(flight);
      },
      landed: (flight, outcome) => {
        this.#landed(flight, outcome);
      },
      failed: (error, key) => {
        this.#failed(error, key);
      },
    };
  }

  /** For how many keys there is a flight or a value. */
  get size(): number {
    let { size } = this.#flights;
    for (const key of this.#kept?.keys(this.#owner.scope.clock) ?? []) if (!this.#flights.has(key)) size++;
    return size;
  }

  /**
   * Returns the value for a key: one that is kept, or that of the flight under way, or that of a new flight, which calls `fn`.
   *
   * @param scope - The scope or signal of the caller. Its cancellation ends the wait, and cancels the flight if nobody else waits for it.
   * @param fn - Called with the key and the flight's own scope, which lies below the owner's. Its `this` is `undefined`.
   * @throws {TypeError} Synchronously, if an argument is wrong.
   * @throws The error of the flight. All its callers get the same one.
   * @throws {InvalidStateError} If the flight waits for itself, directly or through other flights.
   * @throws {ClosedError} If the flights were disposed of, or their parent is closed. @throws {CancelledError} If the scope is cancelled.
   */
  get(scope: WaitScope, key: K, fn: FlightFunction<K, V>): Promise<V> {
    checkWaitScope(scope);
    checkFunction(fn, "The function of a flight");
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    if (this.#closing !== undefined) return Promise.reject(closed());
    try {
      const { scope: own } = this.#owner;
      const kept = this.#kept?.get(key, own.clock);
      if (kept !== undefined) return Promise.resolve(kept.value);
      this.#owner.checkOpen();
      return this.#join(scope, key, fn);
    } catch (error) {
      const rejection = Promise.reject<V>(error);
      if (error === reasonOf(this.#owner.scope)) ignoreRejection(rejection); // as that of every wait in a cancelled scope
      return rejection;
    }
  }

  /** Drops the value that is kept for a key. It does not affect a flight. */
  forget(key: K): void {
    this.#kept?.delete(key);
  }

  /** Cancels all flights, and waits for them. The values are dropped, and `get` rejects with a `ClosedError` from now on. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal */
  _close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const owner = this.#owner;
    owner.refuse("These flights were closed: make new ones.");
    this.#kept?.clear();
    await Promise.resolve(); // so that `get` sees that it is closing before listeners run
    owner.scope.cancel("the flights were closed");
    for (const flight of this.#flights.values()) if (flight.before !== undefined) flight.refuse(closed());
    const leftOpen = await owner.finish();
    if (leftOpen !== undefined) throw leftOpen as Error;
  }

  #join(scope: WaitScope, key: K, fn: FlightFunction<K, V>): Promise<V> {
    const latest = this.#flights.get(key);
    const flight = latest === undefined || latest.isCancelled ? new Flight(this.#host, key, latest) : latest;
    const caller = new Caller<K, V>(flight, scope, fn);
    const endless = flight.waitsForCodeIn(caller.scope!);
    if (endless !== undefined) {
      caller.refuse(endless);
      return caller.promise;
    }
    if (flight !== latest) this.#flights.set(key, flight);
    const promise = flight.board(caller);
    if (latest === undefined) flight.begin();
    return promise;
  }

  #start(flight: Flight<K, V>, fn: FlightFunction<K, V>): void {
    const { key } = flight;
    const task = this.#owner.createTask(
      (scope) => {
        flight.began(scope);
        return fn.call(undefined, key, scope);
      },
      { name: typeof key === "string" ? key : titleOf(key), _isDerived: true } as DerivedNameOptions,
    );
    this.#byTask.set(task, flight);
  }

  /** Nobody waits for a flight that has not begun: the one before it is the newest again. */
  #left(flight: Flight<K, V>): void {
    if (this.#flights.get(flight.key) !== flight) return;
    if (flight.before === undefined || flight.before.hasEnded) this.#flights.delete(flight.key);
    else this.#flights.set(flight.key, flight.before);
  }

  /** A flight has ended. Only its own entry is removed (F4). */
  #landed(flight: Flight<K, V>, outcome: { readonly value: V } | undefined): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
    if (outcome === undefined || this.#kept === undefined || this.#closing !== undefined) return;
    try {
      this.#kept.set(flight.key, outcome.value, this.#owner.scope.clock);
    } catch {
      // The clock throws. The callers get the value, which is not kept (C1).
    }
  }

  #failed(error: unknown, key: K): void {
    try {
      if (this.#onError === undefined) print(error, key, this.#owner.name);
      else this.#onError.call(undefined, error, key);
    } catch (thrown) {
      reportUncaught(thrown);
    }
  }
}

addMethod(Flights, asyncDispose, function (this: Flights<unknown, unknown>) {
  return this._close();
});

function closed(): ClosedError {
  return new ClosedError("These flights were closed: make new ones.");
}
