import { InvalidStateError, type Task, type TaskFunction } from "@selvage/scope";
import {
  cancelAnyway,
  isCutOf,
  reasonOf,
  checkFunctions,
  type Deferred,
  deferred,
  FailureList,
  Feed,
  type MapFunction,
  type MapOptions,
  Fifo,
  type ItemSource,
} from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "../task-group.js";

/**
 * A task that has ended. It is a `Task` whose type omits `then`. Otherwise TypeScript would give the variable of a `for await` loop the type of the
 * awaited task, although the loop does not await what it receives.
 */
export type CompletedTask<T> = Omit<Task<T>, "then">;

/**
 * Runs functions side by side, or one function for every item, and yields the tasks in the order in which they end. Every task that is yielded is
 * done. Call `task.result()` for its value or error.
 *
 * The calls begin when the iteration begins. With a second argument `fn`, the items are read as by `map`: under `limit` no faster than the calls
 * end. Leaving the loop early, by `break` or by a throw, cancels the other tasks, waits for them and releases the source. If they throw while they
 * unwind, the errors make an `ExceptionGroup`. If the source fails, the running calls continue, and their tasks are yielded before the error is
 * thrown. The result can be iterated once.
 *
 * **Cancellation**: the cancellation of an outer owner cancels all tasks. Every task is still yielded. Then the iteration rejects with the outer
 * `CancelledError` if it interrupted a task.
 *
 * Compare aiotools' `as_completed_safe`, and asyncio's `as_completed`, which leaves tasks running after an early exit.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument or an option is wrong.
 * @throws {InvalidStateError} Synchronously, in a second iteration.
 * @throws {ExceptionGroup} If the source failed, or if tasks that are not yielded failed after the loop was left.
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
  const failure = new TaskOwner("asCompleted", options, { taskEnded() {} }).close(); // wrong options throw here, not in the loop
  if (failure !== undefined) throw failure as Error; // the clock has thrown (C1)
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

/** The iterator, and the policy of its owner. It is not an async generator, because that would await the tasks that it yields. */
class Completion extends FailureList implements AsyncIterator<CompletedTask<unknown>, undefined> {
  readonly #owner: TaskOwner;
  /** Makes a call for every item; `undefined` if the calls come from an array of functions. */
  readonly #feed: Feed<unknown> | undefined;
  /** Resolves when no further calls will be made and the source is released. Never rejects. */
  readonly #starting: Promise<void>;
  /** Whether `#starting` has resolved. */
  #isStarted = false;
  /** Whether some calls were not made, because reading the source or starting the functions was cancelled or has failed. */
  #isIncomplete = false;
  /** Tasks that have ended and have not been yielded. It is empty while calls of `next` are pending. */
  readonly #ended = new Fifo<Task<unknown>>();
  /** Pending calls of `next`. It is empty while there are tasks to yield. */
  readonly #waiting = new Fifo<Deferred<Step>>();
  /** Whether the owner's cancellation interrupted something, and the loop has not received that error yet. Always false once the loop was left. */
  #isInterrupted = false;
  /** Whether the loop was left early. From then on, tasks are collected instead of yielded. */
  #isLeft = false;
  /** Whether the failures have been thrown. They are thrown once. */
  #isThrown = false;

  constructor(calls: Feed<unknown> | readonly TaskFunction<unknown>[], options: TaskGroupOptions) {
    super();
    this.#owner = new TaskOwner("asCompleted", options, this);
    this.#feed = calls instanceof Feed ? calls : undefined;
    this.#starting = this.#start(calls);
  }

  /** Makes the calls. Resolves when no further ones will be made. */
  async #start(calls: Feed<unknown> | readonly TaskFunction<unknown>[]): Promise<void> {
    try {
      if (calls instanceof Feed) await calls.run(this.#owner);
      else for (const fn of calls) this.#owner.createTask(fn);
    } catch (error) {
      this.#isIncomplete = true;
      if (!isCutOf(this.#owner.scope, error)) this.add(error, undefined);
      else if (!this.#isLeft) this.#isInterrupted = true; // calls that were not made are interrupted too
    }
    this.#isStarted = true;
    this.#deliver();
  }

  next(): Promise<Step> {
    const next = deferred<Step>();
    this.#waiting.push(next);
    this.#deliver();
    return next.promise;
  }

  async return(): Promise<Step> {
    this.#isLeft = true;
    this.#isInterrupted = false;
    while (!this.#ended.isEmpty) this.#collect(this.#ended.shift());
    cancelAnyway(this.#owner.scope, "the loop was left");
    await this.#starting;
    this.#noteLeftOpen(await this.#owner.finish(this.#isIncomplete));
    this.#deliver();
    if (this.#hasFailures()) throw this.toGroup(this.#owner);
    return { done: true, value: undefined };
  }

  taskEnded(task: Task<unknown>): void {
    this.#feed?.indexOf(task);
    if (this.#isLeft) {
      this.#collect(task);
    } else {
      if (task.status === "cancelled") this.#isInterrupted ||= task.scope.reason === reasonOf(this.#owner.scope);
      this.#ended.push(task);
      this.#deliver();
    }
    this.#feed?.wake();
  }

  emptied(): void {
    this.#deliver();
  }

  /** Adds the failure of a task that is not yielded. */
  #collect(task: Task<unknown>): void {
    if (task.status === "rejected") this.add(task.exception(), task.name);
    else if (task.status === "cancelled") this.addUnwound(task, this.#owner.scope);
  }

  /** Settles pending calls of `next` with tasks that have ended, in order. When nothing is left, it ends the iteration. */
  #deliver(): void {
    while (!this.#waiting.isEmpty && (!this.#ended.isEmpty || (this.#isStarted && this.#owner.size === 0))) {
      const next = this.#waiting.shift();
      if (this.#ended.isEmpty) this.#finish(next);
      else next.resolve({ done: false, value: this.#ended.shift() });
    }
  }

  /** Ends the iteration, with an error if there is one. */
  #finish(next: Deferred<Step>): void {
    this.#noteLeftOpen(this.#owner.close(this.#isIncomplete));
    if (!this.#isLeft && this.#hasFailures()) next.reject(this.toGroup(this.#owner));
    else if (this.#isInterrupted) next.reject(this.#owner.scope.reason);
    else next.resolve({ done: true, value: undefined });
    this.#isInterrupted = false;
  }

  /** Whether there are failures that have not been thrown. From then on they count as thrown. */
  #hasFailures(): boolean {
    if (this.#isThrown || this.length === 0) return false;
    return (this.#isThrown = true);
  }

  /** Adds the error of scopes that were left open. */
  #noteLeftOpen(leftOpen: unknown): void {
    if (leftOpen !== undefined) this.add(leftOpen, undefined);
  }
}
