import type { CancelScope, Task } from "@selvage/scope";
import {
  checkFunction,
  type Deferred,
  deferred,
  dispose,
  functionName,
  keepHot,
  type TaskOptions,
  TaskSet,
} from "@selvage/scope/lowlevel";
import { AllResults } from "./failures.js";
import { runGroup } from "./run-group.js";
import { opener, type Source } from "./source.js";
import type { TaskGroupOptions } from "./task-group.js";

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
  const mapping = new Mapping<T, R>(fn);
  const set = new TaskSet("TaskGroup", options, mapping);
  return runGroup(set, mapping, () => mapping.pullAll(open(), set, options.limit ?? Infinity), undefined);
}

/** One call of `map`: the policy of its set, and the body of its group. */
class Mapping<T, R> extends AllResults {
  readonly #fn: MapFunction<T, R>;
  readonly #name: TaskOptions;
  readonly #results: R[] = [];
  /** Of the calls that have not ended. */ readonly #indices = new Map<Task<unknown>, number>();
  /** A call has not returned: there are no results any more. */ #failed = false;
  #waiting: Deferred<void> | undefined = undefined;

  constructor(fn: MapFunction<T, R>) {
    super();
    this.#fn = fn;
    this.#name = { name: functionName(fn) };
  }

  override taskEnded(task: Task<unknown>, set: TaskSet): void {
    const index = this.#indices.get(task)!;
    this.#indices.delete(task);
    if (task.status === "fulfilled") this.#results[index] = task.result() as R;
    else this.#failed = true;
    super.taskEnded(task, set);
    this.#wake();
  }

  /** Pulls items and calls with them until the source ends; a source that it leaves before that it closes. */
  async pullAll(source: Source<T>, set: TaskSet, limit: number): Promise<R[]> {
    const { scope } = set;
    const registration = scope.onCancel(() => {
      this.#wake();
    });
    let isLeft = true;
    try {
      while (!this.#isOver(scope)) {
        if (set.size >= limit) {
          await (this.#waiting ??= deferred()).promise;
          continue;
        }
        let item = source.next(scope);
        if (item instanceof Promise) item = await item;
        if (item === undefined) {
          isLeft = false;
          return this.#results; // which the group waits for, and throws for what is missing
        }
        if (!this.#isOver(scope)) this.#call(item.value, set);
      }
    } finally {
      registration[dispose]();
      if (isLeft) await source.close();
    }
    scope.throwIfCancelled();
    return this.#results;
  }

  /** Whether no call is to begin any more, and no item to be pulled. */
  #isOver(scope: CancelScope): boolean {
    return this.#failed || scope.cancelled;
  }

  #call(item: T, set: TaskSet): void {
    const index = this.#results.push(undefined as R) - 1; // results have no holes, whoever comes first
    const task = set.createTask((scope) => this.#fn.call(undefined, item, scope, index), this.#name);
    this.#indices.set(task, index);
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

keepHot(() => new Mapping(() => {}));
