import { type CancelScope, isCancellation } from "@selvage/scope";
import { abandon, checkFunction, type Deferred, deferred, describeValue, dispose } from "@selvage/scope/lowlevel";
import { TaskGroup, type TaskGroupOptions } from "./task-group.js";

/** What `map` calls for an item: with the item, the child's scope, and the item's index. */
export type MapFunction<T, R> = (item: T, scope: CancelScope, index: number) => R | PromiseLike<R>;

/**
 * Calls `fn` for every item, each call a child of one TaskGroup, and resolves with the results in the order of the items.
 *
 * Under `limit` at most that many calls run at once, and the next item is pulled only when one has ended: a source of any length
 * is read no faster than it is worked off. Items of an asynchronous source are pulled one at a time. When a call fails, the
 * source is closed (its `return` is called), the other calls are cancelled and waited for.
 *
 * **Cancellation**: an outer owner's rejects it with the outer `CancelledError`, if it cut anything short; the source is closed. A
 * `next()` that hangs then is abandoned.
 *
 * Kin: p-map, AnyIO's `amap`.
 *
 * @param fn - Called with the item, the child's scope, and the item's index.
 * @throws {ExceptionGroup} If calls failed, or the source: every failure, in order of arrival.
 * @throws {TypeError | RangeError} Synchronously, where `items` cannot be iterated, `fn` is no function, or an option is wrong.
 * @example
 * ```ts
 * import { map } from "@selvage/task-group";
 *
 * const squares = await map([1, 2, 3], async (n, scope) => (await scope.sleep(1), n * n), { limit: 2 });
 * console.assert(squares.join() === "1,4,9");
 * ```
 */
export function map<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: MapFunction<T, R>,
  options: TaskGroupOptions = {},
): Promise<R[]> {
  checkFunction(fn, "The function to map with");
  const source = openSource(items);
  const { limit = Infinity } = options;
  return TaskGroup.run((group) => new Mapping(group, source, fn, limit).run(), options);
}

/** One call of `map`: the body of its group. */
class Mapping<T, R> {
  readonly #group: TaskGroup;
  readonly #source: Source<T>;
  readonly #fn: MapFunction<T, R>;
  readonly #limit: number;
  readonly #results: R[] = [];
  #running = 0;
  /** A call that did not return, and whether it cancelled itself: for the group no failure, but here a missing result. */
  #lost: { error: unknown; itself: boolean } | undefined = undefined;
  #waiting: Deferred<void> | undefined = undefined;

  constructor(group: TaskGroup, source: Source<T>, fn: MapFunction<T, R>, limit: number) {
    this.#group = group;
    this.#source = source;
    this.#fn = fn;
    this.#limit = limit;
  }

  async run(): Promise<R[]> {
    const registration = this.#group.scope.onCancel(() => {
      this.#wake();
    });
    try {
      await this.#pullAll();
    } finally {
      registration[dispose]();
    }
    return this.#results;
  }
  /** Pulls items until the source ends, a call fails, or the group is cancelled; then sees to the calls and the source. */
  async #pullAll(): Promise<void> {
    let ended = false;
    try {
      for (let index = 0; await this.#hasRoom(); index++) {
        const step = await this.#source.next(this.#group.scope);
        if (step.done === true) {
          ended = true;
          break;
        }
        if (this.#isOver) break; // pulled, but no call is to begin any more
        this.#call(step.value, index);
      }
    } finally {
      if (!ended) await this.#source.close();
    }
    while (this.#running > 0 && !this.#isOver) await this.#change();
    if (this.#lost?.itself === true) throw this.#lost.error;
    this.#group.scope.throwIfCancelled();
  }

  get #isOver(): boolean {
    return this.#lost !== undefined || this.#group.scope.cancelled;
  }

  /** Waits until another call may run; false if none is to begin any more. */
  async #hasRoom(): Promise<boolean> {
    while (this.#running >= this.#limit && !this.#isOver) await this.#change();
    return !this.#isOver;
  }

  #call(item: T, index: number): void {
    this.#running++;
    this.#group.createTask(
      async (scope) => {
        try {
          this.#results[index] = await this.#fn(item, scope, index);
        } catch (error) {
          this.#lost ??= { error, itself: !this.#group.scope.cancelled && isCancellation(error, scope) };
          throw error;
        } finally {
          this.#running--;
          this.#wake();
        }
      },
      { name: this.#fn.name },
    );
  }

  /** Waits for a call to end, or for the group to be cancelled. */
  #change(): Promise<void> {
    return (this.#waiting ??= deferred()).promise;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** Where items come from: one at a time, and closed once. */
interface Source<T> {
  next(scope: CancelScope): IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>>;
  close(): Promise<void>;
}

function openSource<T>(items: Iterable<T> | AsyncIterable<T>): Source<T> {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: open } = Object(items) as Partial<
    Iterable<T> & AsyncIterable<T>
  >;
  if (typeof openAsync === "function") return new IteratorSource(openAsync.call(items as AsyncIterable<T>));
  if (typeof open === "function") return new IteratorSource(open.call(items as Iterable<T>));
  throw new TypeError(`map() needs an iterable or an async iterable, got ${describeValue(items)}.`);
}

class IteratorSource<T> implements Source<T> {
  readonly #iterator: Iterator<T, unknown> | AsyncIterator<T, unknown>;
  /** `next` was called and has not returned an item: it hangs, or it threw. */ #isPulling = false;
  #failed = false;

  constructor(iterator: Iterator<T, unknown> | AsyncIterator<T, unknown>) {
    this.#iterator = iterator;
  }

  next(scope: CancelScope): IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>> {
    this.#isPulling = true;
    let step;
    try {
      step = this.#iterator.next();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    if (!isPromiseLike(step)) return this.#pulled(step);
    return scope.race(step).then(
      (result) => this.#pulled(result),
      (error: unknown) => {
        this.#failed = error !== scope.reason;
        throw error;
      },
    );
  }

  async close(): Promise<void> {
    if (this.#failed) return; // an iterator that threw has closed itself
    const closed = this.#iterator.return?.();
    if (this.#isPulling)
      abandon(closed); // it would wait for the `next` that hangs
    else await closed;
  }

  #pulled(step: IteratorResult<T, unknown>): IteratorResult<T, unknown> {
    this.#isPulling = false;
    if (typeof (step as unknown) === "object" && (step as unknown) !== null) return step;
    throw new TypeError(`The source's next() must return an object, got ${describeValue(step)}.`);
  }
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null)?.then === "function";
}
