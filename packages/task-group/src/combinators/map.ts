import type { ExceptionGroup, Task } from "@selvage/scope";
import { isCutOf, keepHot, traced } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { AllResults } from "../fail-fast.js";
import { FailureList } from "../failure-list.js";
import { Feed, type MapFunction, type MapOptions } from "./feed.js";
import { outcomeOf } from "./outcome-of.js";
import { type SettledOptions, Settling, settlingOwner } from "./settling.js";
import type { ItemSource } from "./source.js";

/**
 * Calls `fn` for every item, each call a child of one TaskGroup, and resolves with the results in the order of the items.
 *
 * `items` is an iterable, an async iterable (a Node stream and a web stream are), or a function of the group's scope that makes
 * one: pass that scope's signal to what the source reads from. Under `limit` at most that many calls run at once, and the next item
 * is pulled only when one has ended. Items of an asynchronous source are pulled one at a time.
 *
 * When a call or the source fails, the other calls are cancelled and waited for. When it ends early, the source is released: a Node
 * stream is destroyed, a web stream is cancelled, and an iterator's `return()` is called once. That is waited for, unless a `next()`
 * is pending, which is abandoned. An item that was pulled and for which `fn` was never called is passed to `undelivered`, also where
 * it comes after the end.
 *
 * **Cancellation**: an outer owner's cancellation rejects it with the outer `CancelledError`, if it interrupted anything. The source is
 * released, and a release that hangs is abandoned.
 *
 * Kin: p-map, AnyIO's `amap`.
 *
 * @param fn - Called with the item, the child's scope, and the item's index.
 * @throws {ExceptionGroup} If calls failed, or the source: every failure, in order of arrival.
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
  readonly #results: R[] = [];

  constructor(feed: Feed<T>) {
    super();
    this.#feed = feed;
  }

  override taskEnded(task: Task<unknown>, owner: TaskOwner): void {
    const index = this.#feed.indexOf(task);
    // Results have no holes, whichever comes first.
    while (this.#results.length <= index) this.#results.push(undefined as R);
    if (task.status === "fulfilled") this.#results[index] = task.result() as R;
    super.taskEnded(task, owner);
    this.#feed.wake();
  }

  async run(owner: TaskOwner): Promise<R[]> {
    await this.#feed.run(owner);
    return this.#results; // for which the group waits, and throws if one is missing
  }
}

keepHot(() => new Mapping(new Feed("", [], () => {}, {})));

/** The error of {@link mapSettled} where its source failed, or left a scope open. */
export interface SourceError<R> extends ExceptionGroup {
  /** How the calls ended that had begun, in the order of their items. Not enumerable. */
  readonly results: readonly PromiseSettledResult<R>[];
}

/** The options of {@link mapSettled}. */
export interface MapSettledOptions<T> extends MapOptions<T>, SettledOptions {}

/**
 * Calls `fn` for every item, and resolves with how each call has ended, in the order of the items. It is {@link map}, but a failed
 * call does not stop it.
 *
 * `within` limits the whole call: the source is left, calls that have not ended are cancelled and waited for, and count as rejected
 * with their `CancelledError`. A release of the source that hangs is abandoned. The results are then those of the items for which `fn`
 * was called. The deadline keeps the process alive.
 *
 * If the source fails, calls that still run are not cancelled but waited for.
 *
 * **Cancellation**: an outer owner's cancellation cancels all. If it interrupted anything, the call rejects with the outer
 * `CancelledError`, or with a group of the errors of calls that failed. If `within` ended first, the results are returned.
 *
 * Kin: p-map with `stopOnError: false`.
 *
 * @throws {SourceError} If the source failed, or left a scope open: a group of its error, with the `results` so far.
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

class SettlingItems<R> extends Settling {
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
