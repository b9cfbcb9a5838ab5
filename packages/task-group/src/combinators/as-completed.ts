import { ExceptionGroup, InvalidStateError, type Task, type TaskFunction } from "@selvage/scope";
import { checkFunctions, type Deferred, deferred, TaskSet, type TaskSetOptions } from "@selvage/scope/lowlevel";
import { Fifo } from "./fifo.js";

/**
 * A task that has ended: a `Task`, whose type leaves out that it can be awaited. TypeScript would take the variable of a `for await` for
 * what awaiting it yields; the loop does not await what it is handed.
 */
export type CompletedTask<T> = Omit<Task<T>, "then">;

/**
 * Runs functions side by side and yields their tasks as they end, in that order; each is done, and says how: `task.result()`.
 *
 * The functions are called when the iteration begins. Leaving the loop early, by `break` or by a throw, cancels the others and waits for
 * them; what they throw while unwinding makes an `ExceptionGroup`. Iterate once.
 *
 * **Cancellation**: an outer owner's cancels all. Every task is still yielded; then the iteration rejects with the outer `CancelledError`
 * if one was cut short.
 *
 * Kin: aiotools' `as_completed_safe`, asyncio's `as_completed`, which leaves tasks running behind an early exit.
 *
 * @throws {TypeError | RangeError} Synchronously, where `fns` is no array of functions, or an option is wrong.
 * @throws {InvalidStateError} Synchronously, at a second iteration.
 * @example
 * ```ts
 * import { asCompleted } from "@selvage/task-group";
 *
 * for await (const task of asCompleted([(scope) => scope.sleep(60_000), async () => "first"])) {
 *   console.assert(task.result() === "first");
 *   break; // cancels the other
 * }
 * ```
 */
export function asCompleted<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options: TaskSetOptions = {},
): AsyncIterable<CompletedTask<Awaited<ReturnType<F[number]>>>> {
  const copy = checkFunctions(fns) as readonly TaskFunction<Awaited<ReturnType<F[number]>>>[];
  new TaskSet("asCompleted", options, { taskEnded() {} }).end(); // bad options are told of here, not in the loop
  let isIterated = false;
  return {
    [Symbol.asyncIterator](): AsyncIterator<CompletedTask<Awaited<ReturnType<F[number]>>>> {
      if (isIterated) throw new InvalidStateError("asCompleted() is iterated once: call it again.");
      isIterated = true;
      return new Completion(copy, options);
    },
  };
}

/** An iterator by hand: an async generator would await the tasks that it yields. */
class Completion<T> implements AsyncIterator<CompletedTask<T>, undefined> {
  readonly #set: TaskSet;
  /** Tasks that have ended and were not asked for. */ readonly #ended = new Fifo<Task<T>>();
  /** Those who asked for a task before one had ended. */
  readonly #waiting = new Fifo<Deferred<IteratorResult<CompletedTask<T>, undefined>>>();
  /** Errors of tasks that nobody will be handed. */ readonly #errors: unknown[] = [];
  /** An outer owner cut a task short, and the loop has not been told. */ #cut = false;
  #left = false;

  constructor(fns: readonly TaskFunction<T>[], options: TaskSetOptions) {
    this.#set = new TaskSet("asCompleted", options, {
      taskEnded: (task) => {
        this.#taskEnded(task as Task<T>);
      },
      emptied: () => {
        this.#hand();
      },
    });
    try {
      for (const fn of fns) this.#set.createTask(fn);
    } catch {
      this.#cut = true; // an outer owner was first: what has not begun is cut short, too
    }
  }

  next(): Promise<IteratorResult<CompletedTask<T>, undefined>> {
    const next = deferred<IteratorResult<CompletedTask<T>, undefined>>();
    this.#waiting.push(next);
    this.#hand();
    return next.promise;
  }

  async return(): Promise<IteratorResult<CompletedTask<T>, undefined>> {
    this.#left = true;
    this.#cut = false;
    for (let task = this.#ended.shift(); task !== undefined; task = this.#ended.shift()) this.#collect(task);
    this.#set.scope.cancel("the loop was left");
    await this.#set.drained(); // no others come
    this.#end();
    this.#hand();
    if (this.#errors.length > 0) throw new ExceptionGroup("unhandled errors in asCompleted()", this.#errors.splice(0));
    return { done: true, value: undefined };
  }

  #taskEnded(task: Task<T>): void {
    if (this.#left) {
      this.#collect(task);
      return;
    }
    if (task.status === "cancelled") this.#cut ||= task.scope.reason === this.#set.scope.reason;
    this.#ended.push(task);
    this.#hand();
  }

  #collect(task: Task<T>): void {
    if (task.status === "rejected") this.#errors.push(task.exception());
  }

  /** Hands out what has ended, in order; the end of the iteration when nothing is left. */
  #hand(): void {
    while (!this.#waiting.isEmpty && (!this.#ended.isEmpty || this.#set.size === 0)) {
      const next = this.#waiting.shift()!;
      const task = this.#ended.shift();
      if (task !== undefined) next.resolve({ done: false, value: task });
      else this.#finish(next);
    }
  }

  #finish(next: Deferred<IteratorResult<CompletedTask<T>, undefined>>): void {
    this.#end();
    if (this.#cut) next.reject(this.#set.scope.reason);
    else next.resolve({ done: true, value: undefined });
    this.#cut = false;
  }

  #end(): void {
    const leftOpen = this.#set.end();
    if (leftOpen !== undefined) this.#errors.push(leftOpen);
  }
}
