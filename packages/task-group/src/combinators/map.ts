import type { ExceptionGroup, Task } from "@selvage/scope";
import {
  isCutOf,
  keepHot,
  traced,
  AllResults,
  FailureList,
  Feed,
  type MapFunction,
  type MapOptions,
  type ItemSource,
} from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { outcomeOf } from "./outcome-of.js";
import { type SettledOptions, Settling, settlingOwner } from "./settling.js";

/**
 * Calls `fn` for every item, and resolves with the results in the order of the items. Each call is a child of one TaskGroup.
 *
 * `items` is an iterable, an async iterable (such as a Node stream or a web stream), or a function of the group's scope that makes one. Pass that
 * scope's signal to the API from which the source reads. Under `limit`, at most that many calls run at once, and the next item is pulled only when
 * a call has ended. Items of an asynchronous source are pulled one at a time.
 *
 * When a call or the source fails, the other calls are cancelled and waited for. When the call ends early, the source is released: a Node stream is
 * destroyed, a web stream is cancelled, and an iterator's `return()` is called once. The release is waited for, unless a `next()` is pending. Then
 * both are abandoned. An item that was pulled and for which `fn` was never called is passed to `undelivered`, even if it arrives after the end.
 *
 * **Cancellation**: if the cancellation of an outer owner interrupted anything, the call rejects with the outer `CancelledError`. The source is
 * released, and a release that hangs is abandoned.
 *
 * Compare p-map and AnyIO's `amap`.
 *
 * @param fn - Called with the item, the child's scope, and the item's index.
 * @throws {ExceptionGroup} If a call or the source failed. The group contains every failure, in order of arrival.
 * @throws {TypeError | RangeError} Synchronously, if `items` cannot be iterated, `fn` is not a function, or an option is wrong.
 * @example
 * ```ts
 * import { map } from "@selvage/task-group";
 *
 * const squares = await map([1, 2, 3], async (n, scope) => (await scope.sleep(1), n * n), { limit: 2 });
 * console.assert(squares.join() === "1,4,9");
 * ```
 */
export function map<T, R>(
  items: ItemSource<T>,
  fn: MapFunction<T, R>,
  options: MapOptions<NoInfer<T>> = {},
): Promise<R[]> {
  const mapping = new Mapping<T, R>(new Feed("map()", items, fn, options));
  const owner = new TaskOwner("TaskGroup", options, mapping);
  return traced(owner, () => owner.runBody(() => mapping.run(owner), undefined, mapping) as Promise<R[]>);
}

/** One call of `map`: the policy of its owner of tasks. */
class Mapping<T, R> extends AllResults {
  readonly #feed: Feed<T>;
  /** The results by the index of the item; `undefined` for a call that has not returned a value. */
  readonly #results: R[] = [];

  constructor(feed: Feed<T>) {
    super();
    this.#feed = feed;
  }

  override get body(): string {
    return "the source";
  }

  override taskEnded(task: Task<unknown>, owner: TaskOwner): void {
    const index = this.#feed.indexOf(task);
    // Filled with `undefined`, so that the array has no holes although the calls end in any order.
    while (this.#results.length <= index) this.#results.push(undefined as R);
    if (task.status === "fulfilled") this.#results[index] = task.result() as R;
    super.taskEnded(task, owner);
    this.#feed.wake();
  }

  /** The body of the group. */
  async run(owner: TaskOwner): Promise<R[]> {
    await this.#feed.run(owner);
    return this.#results; // complete when the group has ended; if a result is missing, the group throws
  }
}

keepHot(() => new Mapping(new Feed("", [], () => {}, {})));

/** The error of {@link mapSettled} if its source failed or left a scope open. */
export interface SourceError<R> extends ExceptionGroup {
  /** The outcomes of the calls that had begun, in the order of their items. Not enumerable. */
  readonly results: readonly PromiseSettledResult<R>[];
}

/** The options of {@link mapSettled}. */
export interface MapSettledOptions<T> extends MapOptions<T>, SettledOptions {}

/**
 * Calls `fn` for every item, and resolves with the outcome of each call, in the order of the items. It is the same as {@link map}, except that a
 * failed call does not stop it.
 *
 * `within` limits the whole call. When the time has passed, the source is released, and calls that have not ended are cancelled and waited for.
 * They count as rejected with their `CancelledError`. A release of the source that hangs is abandoned. Only items for which `fn` was called have a
 * result. The deadline keeps the process alive.
 *
 * If the source fails, running calls are not cancelled but waited for.
 *
 * **Cancellation**: the cancellation of an outer owner cancels all calls. If it interrupted anything, the call rejects with the outer
 * `CancelledError`, or with a group of the errors of calls that failed. If `within` ended first, the results are returned.
 *
 * Compare p-map with `stopOnError: false`.
 *
 * @throws {SourceError} If the source failed, or left a scope open. It is a group of that error, with the `results` so far.
 * @throws {TypeError | RangeError} Synchronously, if `items` cannot be iterated, `fn` is not a function, or an option is wrong.
 * @example
 * ```ts
 * import { mapSettled } from "@selvage/task-group";
 *
 * const results = await mapSettled(["1", "x"], (text) => BigInt(text), { limit: 2 });
 * console.assert(results.map(({ status }) => status).join() === "fulfilled,rejected");
 * ```
 */
export function mapSettled<T, R>(
  items: ItemSource<T>,
  fn: MapFunction<T, R>,
  options: MapSettledOptions<NoInfer<T>> = {},
): Promise<PromiseSettledResult<R>[]> {
  const feed = new Feed("mapSettled()", items, fn, options);
  const settling = new SettlingItems<R>(feed as Feed<unknown>);
  const owner = settlingOwner("mapSettled", options, settling);
  return traced(owner, run);

  async function run(): Promise<PromiseSettledResult<R>[]> {
    const sourceErrors = new FailureList();
    let isCut = false;
    try {
      await feed.run(owner);
    } catch (error) {
      if (isCutOf(owner.scope, error)) isCut = true;
      else sourceErrors.add(error, undefined);
    }
    const leftOpen = await owner.finish(isCut || owner.wasCut || sourceErrors.length > 0);
    if (leftOpen !== undefined) sourceErrors.add(leftOpen, undefined);
    const { results } = settling;
    if (sourceErrors.length > 0)
      throw Object.defineProperty(sourceErrors.toGroup(owner), "results", { value: results });
    settling.throwIfFailed(owner, isCut || owner.wasCut);
    return results;
  }
}

/** One call of `mapSettled`: the policy of its owner of tasks. */
class SettlingItems<R> extends Settling {
  /** The outcomes by the index of the item. It has a hole for each call that has not ended. */
  readonly results: PromiseSettledResult<R>[] = [];
  readonly #feed: Feed<unknown>;

  constructor(feed: Feed<unknown>) {
    super();
    this.#feed = feed;
  }

  override taskEnded(task: Task<unknown>, owner: TaskOwner): void {
    this.results[this.#feed.indexOf(task)] = outcomeOf(task) as PromiseSettledResult<R>;
    super.taskEnded(task, owner);
    this.#feed.wake();
  }
}
