import { type CancelScope, isCancellation } from "@selvage/scope";
import { checkFunction, type Deferred, deferred, dispose, functionName } from "@selvage/scope/lowlevel";
import { opener, type Source } from "./source.js";
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
  const open = opener(items);
  const { limit = Infinity } = options;
  return TaskGroup.run((group) => new Mapping(group, open(), fn, limit).run(), options);
}

/** One call of `map`: the body of its group. */
class Mapping<T, R> {
  readonly #group: TaskGroup;
  readonly #source: Source<T>;
  readonly #fn: MapFunction<T, R>;
  readonly #limit: number;
  readonly #results: R[] = [];
  #running = 0;
  /** A call has not returned: there are no results any more. */ #failed = false;
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
    return this.#results; // which the group waits for, and throws for what is missing
  }

  /** Pulls items until the source ends; a source that it leaves before that it closes. */
  async #pullAll(): Promise<void> {
    let isLeft = true;
    try {
      for (;;) {
        while (this.#running >= this.#limit && !this.#isOver()) await this.#change();
        if (this.#isOver()) break;
        const item = await this.#source.next(this.#group.scope);
        if (item === undefined) {
          isLeft = false;
          return;
        }
        if (!this.#isOver()) this.#call(item.value);
      }
    } finally {
      if (isLeft) await this.#source.close();
    }
    this.#group.scope.throwIfCancelled();
  }

  /** Whether no call is to begin any more, and no item to be pulled. */
  #isOver(): boolean {
    return this.#failed || this.#group.scope.cancelled;
  }

  #call(item: T): void {
    const index = this.#results.push(undefined as R) - 1; // results have no holes, whoever comes first
    this.#running++;
    this.#group.createTask(
      async (scope) => {
        try {
          this.#results[index] = await this.#fn(item, scope, index);
        } catch (error) {
          this.#failed = true;
          if (!this.#group.scope.cancelled && isCancellation(error, scope)) this.#lose(scope.reason);
          throw error;
        } finally {
          this.#running--;
          this.#wake();
        }
      },
      { name: functionName(this.#fn) },
    );
  }

  /** A call has cancelled itself: for the group no failure, but here a missing result. So another fails in its stead. */
  #lose(reason: unknown): void {
    this.#group.createTask(() => Promise.reject(reason as Error), { name: functionName(this.#fn) });
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
