import { InvalidStateError, type Task, type TaskFunction } from "@selvage/scope";
import { cancelAnyway, isCutOf, reasonOf, checkFunctions, type Deferred, deferred } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { FailureList } from "../failure-list.js";
import type { TaskGroupOptions } from "../task-group.js";
import { Feed, type MapFunction, type MapOptions } from "./feed.js";
import { Fifo } from "./fifo.js";
import type { ItemSource } from "./source.js";

/**
 * A task that has ended: a `Task`, whose type leaves out that it can be awaited. TypeScript would give the variable of a `for await` the
 * type of what awaiting it yields; the loop does not await what it receives.
 */
export type CompletedTask<T> = Omit<Task<T>, "then">;

/**
 * Runs functions side by side, or one function for every item, and yields the tasks in the order in which they end; each is done,
 * and says how: `task.result()`.
 *
 * The calls begin when the iteration begins. With a second argument `fn`, the items are read as by `map`: under `limit` no faster than
 * the calls end. Leaving the loop early, by `break` or by a throw, cancels the others, waits for them and releases the source; what
 * they throw while unwinding makes an `ExceptionGroup`. If the source fails, the calls that run go on, and their tasks are yielded
 * before the error is thrown. Iterate once.
 *
 * **Cancellation**: an outer owner's cancellation cancels all. Every task is still yielded; then the iteration rejects with the outer
 * `CancelledError` if one was interrupted.
 *
 * Kin: aiotools' `as_completed_safe`, asyncio's `as_completed`, which leaves tasks running behind an early exit.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument or an option is wrong.
 * @throws {InvalidStateError} Synchronously, at a second iteration.
 * @throws {ExceptionGroup} If the source failed, or tasks that are not yielded fail after the loop was left.
 * @example
 * ```ts
 * import { asCompleted } from "@selvage/task-group";
 *
 * for await (const task of asCompleted([(scope) => scope.sleep(60_000), async () => "first"])) {
 *   console.assert(task.result() === "first");
 *   break; // cancels the other
 * }
 *
 * const sizes: number[] = [];
 * for await (const task of asCompleted(["a", "bcd"], async (text) => text.length, { limit: 8 })) sizes.push(task.result());
 * console.assert(sizes.join() === "1,3");
 * ```
 */
export function asCompleted<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options?: TaskGroupOptions,
): AsyncIterable<CompletedTask<Awaited<ReturnType<F[number]>>>>;
export function asCompleted<T, R>(
  items: ItemSource<T>,
  fn: MapFunction<T, R>,
  options?: MapOptions<NoInfer<T>>,
): AsyncIterable<CompletedTask<Awaited<R>>>;
export function asCompleted(
  source: unknown,
  fnOrOptions: MapFunction<unknown, unknown> | TaskGroupOptions = {},
  itemOptions: MapOptions<unknown> = {},
): AsyncIterable<CompletedTask<unknown>> {
  const isOfItems = typeof fnOrOptions === "function";
  const options = isOfItems ? itemOptions : fnOrOptions;
  const calls = isOfItems
    ? new Feed("asCompleted()", source as ItemSource<unknown>, fnOrOptions, itemOptions)
    : checkFunctions(source as readonly TaskFunction<unknown>[]);
  const failure = new TaskOwner("asCompleted", options, { taskEnded() {} }).close(); // wrong options are an error here, not in the loop
  if (failure !== undefined) throw failure as Error; // of a clock (C1)
  let isIterated = false;
  return {
    [Symbol.asyncIterator](): AsyncIterator<CompletedTask<unknown>> {
      if (isIterated) throw new InvalidStateError("asCompleted() is iterated once: call it again.");
      isIterated = true;
      return new Completion(calls, options);
    },
  };
}

type Step = IteratorResult<CompletedTask<unknown>, undefined>;

/** An iterator by hand: an async generator would await the tasks that it yields. */
class Completion extends FailureList implements AsyncIterator<CompletedTask<unknown>, undefined> {
  readonly #owner: TaskOwner;
  /** What the calls are made from; `undefined` where they were all made at the beginning. */
  readonly #feed: Feed<unknown> | undefined;
  /** Settled when the feed makes no more calls, and its source is released. Never rejects. */ readonly #fed: Promise<void>;
  #isFed = false;
  /** Not all calls were made: the reading, or the start of the functions, was cancelled or has failed. */ #isIncomplete = false;
  /** Tasks that have ended and were not asked for. */ readonly #ended = new Fifo<Task<unknown>>();
  /** Calls of `next` that came before a task had ended. */ readonly #waiting = new Fifo<Deferred<Step>>();
  /** An outer owner interrupted something, and the loop has not received that. */ #cut = false;
  #left = false;
  /** The failures have been thrown. */ #isThrown = false;

  constructor(calls: Feed<unknown> | readonly TaskFunction<unknown>[], options: TaskGroupOptions) {
    super();
    this.#owner = new TaskOwner("asCompleted", options, this);
    this.#feed = calls instanceof Feed ? calls : undefined;
    this.#fed = this.#start(calls);
  }

  async #start(calls: Feed<unknown> | readonly TaskFunction<unknown>[]): Promise<void> {
    try {
      if (calls instanceof Feed) await calls.run(this.#owner);
      else for (const fn of calls) this.#owner.createTask(fn);
    } catch (error) {
      this.#isIncomplete = true;
      if (!isCutOf(this.#owner.scope, error)) this.add(error, undefined);
      else if (!this.#left) this.#cut = true; // what has not begun is interrupted, too
    }
    this.#isFed = true;
    this.#hand();
  }

  next(): Promise<Step> {
    const next = deferred<Step>();
    this.#waiting.push(next);
    this.#hand();
    return next.promise;
  }

  async return(): Promise<Step> {
    this.#left = true;
    this.#cut = false;
    for (let task = this.#ended.shift(); task !== undefined; task = this.#ended.shift()) this.#collect(task);
    cancelAnyway(this.#owner.scope, "the loop was left");
    await this.#fed;
    this.#noteLeftOpen(await this.#owner.finish(this.#isIncomplete));
    this.#hand();
    if (this.#hasFailures()) throw this.toGroup(this.#owner);
    return { done: true, value: undefined };
  }

  taskEnded(task: Task<unknown>): void {
    this.#feed?.indexOf(task);
    if (this.#left) {
      this.#collect(task);
    } else {
      if (task.status === "cancelled") this.#cut ||= task.scope.reason === reasonOf(this.#owner.scope);
      this.#ended.push(task);
      this.#hand();
    }
    this.#feed?.wake();
  }

  emptied(): void {
    this.#hand();
  }

  #collect(task: Task<unknown>): void {
    if (task.status === "rejected") this.add(task.exception(), task.name);
    else if (task.status === "cancelled") this.addUnwound(task, this.#owner.scope);
  }

  /** Hands out what has ended, in order; the end of the iteration when nothing is left. */
  #hand(): void {
    while (!this.#waiting.isEmpty && (!this.#ended.isEmpty || (this.#isFed && this.#owner.size === 0))) {
      const next = this.#waiting.shift()!;
      const task = this.#ended.shift();
      if (task !== undefined) next.resolve({ done: false, value: task });
      else this.#finish(next);
    }
  }

  #finish(next: Deferred<Step>): void {
    this.#noteLeftOpen(this.#owner.close(this.#isIncomplete));
    if (!this.#left && this.#hasFailures()) next.reject(this.toGroup(this.#owner));
    else if (this.#cut) next.reject(this.#owner.scope.reason);
    else next.resolve({ done: true, value: undefined });
    this.#cut = false;
  }

  /** Whether there are failures that have not been thrown; they are thrown once. */
  #hasFailures(): boolean {
    if (this.#isThrown || this.length === 0) return false;
    return (this.#isThrown = true);
  }

  #noteLeftOpen(leftOpen: unknown): void {
    if (leftOpen !== undefined) this.add(leftOpen, undefined);
  }
}
