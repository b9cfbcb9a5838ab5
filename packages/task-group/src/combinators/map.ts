import type { CancelScope, Task } from "@selvage/scope";
import {
  checkFunction,
  deferred,
  dispose,
  functionName,
  keepHot,
  type TaskOptions,
  TaskSet,
} from "@selvage/scope/lowlevel";
import { AllResults } from "../failures.js";
import { runGroup } from "../run-group.js";
import { type Item, opener, type Source } from "./source.js";
import type { TaskGroupOptions } from "../task-group.js";

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

/** When all have been heard of that end in the same step: if one of them has failed, no further call begins. */
const endOfStep = Promise.resolve();
function nothing(): void {}

/** One call of `map`: the policy of its set, and the body of its group. */
class Mapping<T, R> extends AllResults {
  readonly #fn: MapFunction<T, R>;
  readonly #name: TaskOptions;
  readonly #results: R[] = [];
  /** Of the calls that have not ended. */ readonly #indices = new Map<Task<unknown>, number>();
  #limit = Infinity;
  /** While it is read. */ #source: Source<T> | undefined = undefined;
  /** To its end. */ #isRead = false;
  /** An item of an asynchronous source is on its way. */ #isPulling = false;
  /** Pulls what there is room for now. */ #wake: () => void = nothing;
  /** It will. */ #isWoken = false;
  /** Settled when there is nothing more to pull. */ readonly #pulled = deferred<undefined>();

  constructor(fn: MapFunction<T, R>) {
    super();
    this.#fn = fn;
    this.#name = { name: functionName(fn) };
  }

  override taskEnded(task: Task<unknown>, set: TaskSet): void {
    const index = this.#indices.get(task)!;
    this.#indices.delete(task);
    if (task.status === "fulfilled") this.#results[index] = task.result() as R;
    super.taskEnded(task, set);
    if (this.#isWoken || this.#source === undefined) return;
    this.#isWoken = true;
    void endOfStep.then(this.#wake);
  }

  /** Pulls items and calls with them until the source ends; a source that it leaves before that it closes. */
  async pullAll(source: Source<T>, set: TaskSet, limit: number): Promise<R[]> {
    this.#limit = limit;
    this.#wake = () => {
      this.#isWoken = false;
      this.#pull(set);
    };
    const { scope } = set;
    const registration = scope.onCancel(() => {
      this.#pulled.resolve(undefined);
    });
    try {
      this.#source = source;
      this.#pull(set);
      await this.#pulled.promise;
    } finally {
      this.#source = undefined;
      registration[dispose]();
      if (!this.#isRead) await source.close();
    }
    if (!this.#isRead) scope.throwIfCancelled();
    return this.#results; // which the group waits for, and throws for what is missing
  }

  /** Calls with the next items, as long as there is room. */
  #pull(set: TaskSet): void {
    try {
      while (this.#source !== undefined && !this.#isPulling && set.size < this.#limit && !set.scope.cancelled) {
        const item = this.#source.next(set.scope);
        if (item instanceof Promise) this.#await(item, set);
        else this.#take(item, set);
      }
    } catch (error) {
      this.#pulled.reject(error);
    }
  }

  #await(item: Promise<Item<T>>, set: TaskSet): void {
    this.#isPulling = true;
    item.then((pulled) => {
      this.#isPulling = false;
      if (this.#source === undefined) return;
      this.#take(pulled, set);
      this.#pull(set);
    }, this.#pulled.reject);
  }

  #take(item: Item<T>, set: TaskSet): void {
    if (item === undefined) {
      this.#source = undefined;
      this.#isRead = true;
      this.#pulled.resolve(undefined);
    } else if (!set.scope.cancelled) {
      this.#call(item.value, set);
    }
  }

  #call(item: T, set: TaskSet): void {
    const index = this.#results.push(undefined as R) - 1; // results have no holes, whoever comes first
    const task = set.createTask((scope) => this.#fn.call(undefined, item, scope, index), this.#name);
    this.#indices.set(task, index);
  }
}

keepHot(() => new Mapping(() => {}));
