import { type CancelScope, InvalidStateError } from "@selvage/scope";
import { checkFunction, expected, type WaitScope } from "@selvage/scope/internal";
import type { Permit } from "./permit.js";
import { RateLimiter } from "./rate-limiter.js";
import { Semaphore } from "./semaphore.js";

/**
 * A semaphore, mutex or rate limiter for each key: one lock per user, one limit per host. Each is made when its key is first used, and forgotten as soon
 * as it cannot be distinguished from a new one: it has no holder and no waiter, or its bucket is full.
 *
 * **Cancellation**: as for the primitive that it makes.
 *
 * @throws {TypeError} If `make` is not a function.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Keyed, Mutex } from "@selvage/semaphore";
 *
 * const accounts = new Keyed((id: string) => new Mutex({ name: `account ${id}` }));
 * using scope = new CancelScope();
 * await accounts.run(scope, "alice", () => console.assert(accounts.size === 1));
 * console.assert(accounts.size === 0);
 * ```
 */
export class Keyed<K, S extends Semaphore | RateLimiter> {
  /** For the types alone: a `Keyed` of rate limiters is not one of semaphores. */
  declare protected readonly _entry: S;
  readonly #make: (key: K) => S;
  readonly #entries = new Map<K, S>();
  /** The entries that a call is using. They stay, although nothing was taken yet: an observer or a clock may look at `size` meanwhile. */
  readonly #used = new Set<S>();
  /** Where the search for full buckets goes on; `undefined` to begin again. */
  #search: Iterator<[K, S], undefined> | undefined = undefined;

  /** @param make - Makes a new semaphore, mutex or rate limiter for a key. */
  constructor(make: (key: K) => S) {
    checkFunction(make, "The function of a Keyed");
    this.#make = make;
  }

  /** How many keys are in use. */
  get size(): number {
    for (const [key, entry] of this.#entries) this.#forget(key, entry);
    return this.#entries.size;
  }

  /**
   * Calls `run` of the key's semaphore or mutex: takes `n` permits, calls `fn` with its own scope, waits for it, and gives the permits back.
   *
   * **Cancellation**: as for {@link Semaphore.run}.
   *
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or `n` is more than there are permits.
   * @throws {InvalidStateError} If the wait would never end, because this code itself holds the permits of the key.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   * import { Keyed, Semaphore } from "@selvage/semaphore";
   *
   * const hosts = new Keyed((host: string) => new Semaphore(2, { name: host }));
   * using scope = new CancelScope();
   * console.assert((await hosts.run(scope, "example.org", () => hosts.size)) === 1);
   * ```
   */
  run<T>(
    this: Keyed<K, Semaphore>,
    scope: WaitScope,
    key: K,
    fn: (scope: CancelScope) => T | PromiseLike<T>,
    n: number = 1,
  ): Promise<T> {
    return this.#with(key, (semaphore) => semaphoreOf(semaphore).run(scope, fn, n));
  }

  /**
   * Calls `acquire` of the key's semaphore or mutex. The key stays in use until the permit is given back.
   *
   * **Cancellation**: as for {@link Semaphore.acquire}.
   *
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or `n` is more than there are permits.
   * @throws {InvalidStateError} If the wait would never end, because a `run` or a limited task around it holds the permits of the key.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   * import { Keyed, Mutex } from "@selvage/semaphore";
   *
   * const files = new Keyed((path: string) => new Mutex({ name: path }));
   * using scope = new CancelScope();
   * {
   *   using permit = await files.acquire(scope, "settings.json");
   *   console.assert(files.size === 1);
   * }
   * console.assert(files.size === 0);
   * ```
   */
  acquire(this: Keyed<K, Semaphore>, scope: WaitScope, key: K, n: number = 1): Promise<Permit> {
    return this.#with(key, (semaphore) => semaphoreOf(semaphore).acquire(scope, n));
  }

  /**
   * Calls `take` of the key's rate limiter.
   *
   * **Cancellation**: as for {@link RateLimiter.take}.
   *
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or `n` is more than the bucket holds.
   * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   * import { Keyed, RateLimiter } from "@selvage/semaphore";
   *
   * const users = new Keyed((user: string) => new RateLimiter({ rate: 5, per: 1_000, name: user }));
   * using scope = new CancelScope();
   * await users.take(scope, "alice");
   * console.assert(users.size === 1);
   * ```
   */
  take(this: Keyed<K, RateLimiter>, scope: WaitScope, key: K, n: number = 1): Promise<void> {
    return this.#with(key, (limiter) => limiterOf(limiter).take(scope, n));
  }

  #with<T>(key: K, use: (entry: S) => T): T {
    const entry = this.#entries.get(key) ?? this.#add(key);
    const isUsed = this.#used.has(entry);
    this.#used.add(entry);
    try {
      return use(entry);
    } finally {
      if (!isUsed) this.#used.delete(entry);
      this.#forget(key, entry);
      if (entry instanceof RateLimiter) this.#searchOn();
    }
  }

  #add(key: K): S {
    const made: unknown = this.#make.call(undefined, key);
    if (!(made instanceof Semaphore) && !(made instanceof RateLimiter)) {
      throw expected("The function of a Keyed", "one that makes a Semaphore, Mutex or RateLimiter", made);
    }
    const entry = made as S;
    const earlier = this.#entries.get(key);
    if (earlier !== undefined) return earlier; // the function has used this key itself
    if (made instanceof Semaphore) {
      if (made._onIdle !== undefined) {
        throw new InvalidStateError("The semaphore of a key is in use for another key: make one for each key.");
      }
      made._onIdle = () => {
        this.#forget(key, entry);
      };
    }
    this.#entries.set(key, entry);
    return entry;
  }

  #forget(key: K, entry: S): void {
    if (this.#used.has(entry) || !entry._isIdle || this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    if (entry instanceof Semaphore) entry._onIdle = undefined;
  }

  /** A bucket fills by itself, so nothing tells when. Each use looks at two others: so there are never many more entries than are in use. */
  #searchOn(): void {
    for (let looks = 0; looks < 2; looks++) {
      this.#search ??= this.#entries.entries();
      const next: IteratorResult<[K, S], undefined> = this.#search.next();
      if (next.done === true) this.#search = undefined;
      else this.#forget(...next.value);
    }
  }
}

function semaphoreOf(entry: Semaphore | RateLimiter): Semaphore {
  if (entry instanceof Semaphore) return entry;
  throw new TypeError("This Keyed makes rate limiters: call take.");
}

function limiterOf(entry: Semaphore | RateLimiter): RateLimiter {
  if (entry instanceof RateLimiter) return entry;
  throw new TypeError("This Keyed makes semaphores: call run or acquire.");
}
