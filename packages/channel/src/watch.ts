import { ClosedError } from "@selvage/scope";
import {
  checkFunction,
  checkName,
  checkNumber,
  checkOptions,
  checkWaitScope,
  isOver,
  quoteName,
  refusalOf,
  Turn,
  TurnQueue,
  type WaitScope,
} from "@selvage/scope/internal";

/** Options of a {@link Watch}. */
export interface WatchOptions {
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
}

/** A value of a {@link Watch}, with its version. */
export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/**
 * A value that tasks read, and wait for. Each `set` makes a new version. A task that waits sees the newest one, and may miss those in between.
 *
 * With a boolean it serves as an event, and with `until` as a condition variable.
 *
 * **Cancellation**: a wait rejects with the `CancelledError` of its scope.
 *
 * Compare Tokio's `watch`, and Kotlin's `StateFlow`.
 *
 * @throws {TypeError} If an option is wrong.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Watch } from "@selvage/channel";
 *
 * using scope = new CancelScope();
 * const ready = new Watch(false);
 * const waiting = ready.until(scope, (value) => value);
 * ready.set(true);
 * console.assert((await waiting) === true);
 * ```
 */
export class Watch<T> {
  /** The name; `undefined` if none was given. */
  readonly name: string | undefined;
  #value: T;
  #version = 0;
  #closed: { readonly error: unknown } | undefined = undefined;
  readonly #waits = new TurnQueue<WatchTurn<T>>();

  constructor(initial: T, options: WatchOptions = {}) {
    checkOptions(options);
    checkName(options.name, "name");
    this.#value = initial;
    this.name = options.name;
  }

  /** The present value. */
  get value(): T {
    return this.#value;
  }

  /** The number of times that the value was set. */
  get version(): number {
    return this.#version;
  }

  /** Sets the value, and ends the waits for it. @throws {ClosedError} If it is closed. */
  set(value: T): void {
    if (this.#closed !== undefined) throw this.#error();
    this.#value = value;
    this.#version++;
    for (const wait of this.#waits) if (wait.queue !== undefined) wait.offer(this.#value, this.#version);
  }

  /**
   * Waits until the version differs from the given one. A change between reading the version and this call is not missed.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError | RangeError} Synchronously, if an argument is wrong. @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @throws {ClosedError} If it is closed, and the version is the last one. @throws The error that `close` was called with.
   */
  changed(scope: WaitScope, version: number): Promise<Versioned<T>> {
    checkWaitScope(scope);
    checkNumber("The version", version, 0);
    return this.#wait(scope, (value, current) =>
      current === version ? undefined : { value: { value, version: current } },
    );
  }

  /**
   * Waits until `predicate` returns true for the value, which may be now. Returns that value.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if an argument is wrong. @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
   * @throws {ClosedError} If it is closed. @throws The error that `close` was called with, or that of `predicate`.
   */
  until<S extends T>(scope: WaitScope, predicate: (value: T) => value is S): Promise<S>;
  until(scope: WaitScope, predicate: (value: T) => boolean): Promise<T>;
  until(scope: WaitScope, predicate: (value: T) => boolean): Promise<T> {
    checkWaitScope(scope);
    checkFunction(predicate, "The predicate");
    return this.#wait(scope, (value) => (predicate.call(undefined, value) ? { value } : undefined));
  }

  /** Ends it. The value can still be read. Waits reject, with `error` if there is one. The first call wins. */
  close(error?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    for (const wait of this.#waits) if (wait.queue !== undefined) wait.refuse(this.#error());
  }

  /** @internal */
  get _title(): string {
    return this.name === undefined ? "watch" : `watch ${quoteName(this.name)}`;
  }

  #wait<R>(scope: WaitScope, answer: Answer<T, R>): Promise<R> {
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    try {
      const now = answer(this.#value, this.#version);
      if (now !== undefined) return Promise.resolve(now.value);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#closed !== undefined) return Promise.reject(this.#error());
    const version = this.#version;
    const wait = new WatchTurn<T, R>(this, scope, answer);
    void wait.stand(this.#waits as unknown as TurnQueue<WatchTurn<T, R>>);
    // An observer, or the predicate, may have set the value or closed the watch before it stood in the queue.
    if (wait.queue !== undefined && this.#version !== version) wait.offer(this.#value, this.#version);
    if (wait.queue !== undefined && (this.#closed as unknown) !== undefined) wait.refuse(this.#error());
    return wait.promise;
  }

  #error(): unknown {
    const error = this.#closed?.error;
    return error === undefined ? new ClosedError(`The ${this._title} is closed.`) : error;
  }
}

/** Returns the result of a wait, in an object, if this is what it waits for. */
type Answer<T, R> = (value: T, version: number) => { readonly value: R } | undefined;

/** A pending `changed` or `until`. */
class WatchTurn<T, R = unknown> extends Turn<R> {
  readonly #watch: Watch<T>;
  readonly #answer: Answer<T, R>;

  constructor(watch: Watch<T>, scope: WaitScope, answer: Answer<T, R>) {
    super(scope);
    this.#watch = watch;
    this.#answer = answer;
  }

  override get waiting(): string {
    return this.#watch._title;
  }

  /** Ends the wait if this is what it waits for, unless the time of the caller is up. */
  offer(value: T, version: number): boolean {
    try {
      const { scope } = this;
      if (scope === undefined || isOver(scope)) return false;
      const answer = this.#answer(value, version);
      if (answer === undefined || this.scope === undefined) return false;
      this.grant(answer.value);
    } catch (error) {
      this.refuse(error);
    }
    return true;
  }
}
