/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope, Task, TaskFunction } from "@selvage/scope";
import { ignoreRejection, addMethod, asyncDispose, checkFunction, keepHot, FailFast } from "@selvage/scope/internal";
import {
  startTask,
  type StartFunction,
  type StartOptions,
  type TaskOptions,
  TaskOwner,
  type TaskOwnerOptions,
} from "@selvage/scope/lowlevel";
import type { SharedLimit } from "@selvage/scope/lowlevel";

/** Options of a {@link TaskGroup}. */
export type TaskGroupOptions = TaskOwnerOptions;

/**
 * Tasks that succeed or fail together. Leaving the group waits for all of them, and the first failure cancels the rest.
 *
 * Prefer {@link TaskGroup.run}, because it knows why its body ended. With `await using`, the last statement must be `await group.join()`. Leaving
 * the block without it cancels the children that are left, because dispose cannot know why a block ended.
 *
 * `run` and `join` reject with one `ExceptionGroup` of all failures. If a failure must not affect the other tasks, use a `Supervisor`.
 *
 * Compare asyncio's `TaskGroup` and Trio's nursery.
 *
 * @throws {TypeError | RangeError} If an option is of the wrong type. @throws {ClosedError} If the parent is closed.
 * @example
 * ```ts
 * import { TaskGroup } from "@selvage/task-group";
 *
 * const sizes = await TaskGroup.run(async (group) => {
 *   const a = group.createTask(async (scope) => (await scope.sleep(5), 1));
 *   const b = group.createTask(async () => 2);
 *   return [await a, await b];
 * });
 * console.assert(sizes.join() === "1,2");
 * ```
 */
export class TaskGroup implements AsyncDisposable {
  readonly #owner: TaskOwner;
  readonly #failures = new FailFast();
  /** The result of `join`; `undefined` until it is called. */
  #joining: Promise<void> | undefined = undefined;
  /** The result of the first dispose; `undefined` until then. */
  #disposing: Promise<void> | undefined = undefined;
  /** Whether the group belongs to a `run`, which closes it and throws its failures. */
  #isRun = false;

  constructor(options: TaskGroupOptions = {}) {
    this.#owner = new TaskOwner("TaskGroup", options, this.#failures);
  }

  /**
   * Calls `body` with a new group, and waits for it and for all children, whatever happens.
   *
   * **Cancellation**: if the cancellation of an outer owner interrupted the body or a child, the call rejects with the outer `CancelledError`,
   * ungrouped. After `group.cancel()` it resolves with the body's value. If that cancellation interrupted the body, there is no value, and the call
   * rejects with the group's own `CancelledError`. Failures take precedence over both.
   *
   * @returns The body's value.
   * @throws {ExceptionGroup} If the body or a child failed. The group contains every failure, in order of arrival.
   * @throws {TypeError | RangeError} Synchronously, if `body` is not a function or an option is wrong.
   * @example
   * ```ts
   * import { TaskGroup } from "@selvage/task-group";
   *
   * try {
   *   await TaskGroup.run((group) => {
   *     group.createTask(() => Promise.reject(new TypeError("wrong")));
   *     group.createTask((scope) => scope.sleep(60_000)); // is cancelled
   *   });
   * } catch (error) {
   *   console.assert(error instanceof AggregateError && error.errors.length === 1);
   * }
   * ```
   */
  static run<T>(body: (group: TaskGroup) => T | PromiseLike<T>, options?: TaskGroupOptions): Promise<T> {
    checkFunction(body, "The body");
    const group = new TaskGroup(options);
    group.#isRun = true;
    return group.#owner.runBody(body, group, group.#failures) as Promise<T>;
  }

  /** The scope of the group. The scopes of all children lie below it. Cancelling it is the same as {@link TaskGroup.cancel}. */
  get scope(): CancelScope {
    return this.#owner.scope;
  }

  /** How many children have not ended, including queued ones. */
  get size(): number {
    return this.#owner.size;
  }

  /**
   * Starts a child. `fn` is called at once with the child's own scope, or, under a limit, when its turn comes. While children live, they may create
   * siblings, even after the body has ended.
   *
   * @throws {TypeError} If `fn` is not a function. @throws {ClosedError} If the group has finished.
   * @throws {CancelledError} If the group is cancelled. Then `fn` is not called.
   * @example
   * ```ts
   * import { TaskGroup } from "@selvage/task-group";
   *
   * await TaskGroup.run(async (group) => {
   *   const task = group.createTask((scope) => scope.sleep(1), { name: "nap" });
   *   console.assert(task.name === "nap" && group.size === 1);
   * });
   * ```
   */
  createTask<T>(fn: TaskFunction<T>, options?: TaskOptions): Task<T> {
    return this.#owner.createTask(fn, options);
  }

  /**
   * How many children may run at once; `Infinity` if there is none. Raising it starts queued children at once. Lowering it takes effect as they end.
   *
   * @throws {TypeError | RangeError} If it is set to a value that is neither a positive integer, nor `Infinity`, nor a shared limit.
   */
  get limit(): number | SharedLimit {
    return this.#owner.limit;
  }

  set limit(limit: number | SharedLimit) {
    this.#owner.limit = limit;
  }

  /**
   * Waits until no child is left, and leaves the group open, so that further children can be created.
   *
   * **Cancellation**: rejects with the `CancelledError` of `scope`, as `scope.sleep` does.
   *
   * @param scope - The scope of the code that waits. It must not belong to a child of this group, because the child would wait for itself.
   * @throws {TypeError} Synchronously, if `scope` is not a scope. @throws {InvalidStateError} Synchronously, if it belongs to a child of this group.
   * @example
   * ```ts
   * import { CancelScope } from "@selvage/scope";
   * import { TaskGroup } from "@selvage/task-group";
   *
   * await CancelScope.run(async (scope) => {
   *   const group = new TaskGroup({ parent: scope });
   *   group.createTask((task) => task.sleep(1));
   *   await group.idle(scope);
   *   console.assert(group.size === 0);
   *   await group.join();
   * });
   * ```
   */
  idle(scope: CancelScope): Promise<void> {
    return this.#owner.idle(scope);
  }

  /**
   * Starts a child, waits until it calls `started`, and resolves with the value of that call: `start<number>`. From then on it is an ordinary
   * child. If the child fails before that, `start` rejects with its error, bare, and the group does not fail because of it.
   *
   * If the child ends without calling `started`, the call rejects with an `InvalidStateError`, or with the `CancelledError` if the child was
   * cancelled. A second call of `started` throws an `InvalidStateError` in the child. The call also rejects if `createTask` would throw.
   *
   * **Cancellation**: pass the caller's scope as `scope`. If it is cancelled before the child is ready, the child is cancelled with the same
   * reason. When the child has ended, `start` rejects with `scope.reason`, or, bare, with the error with which the child failed while it unwound.
   *
   * Compare Trio's `nursery.start`.
   *
   * @throws {TypeError} Synchronously, if `fn` is not a function or `scope` is not a scope.
   * @example
   * ```ts
   * import { TaskGroup } from "@selvage/task-group";
   *
   * await TaskGroup.run(async (group) => {
   *   const port = await group.start<number>(async (scope, started) => {
   *     started(8080); // the server listens
   *     await scope.sleep(1); // the server runs
   *   });
   *   console.assert(port === 8080 && group.size === 1);
   * });
   * ```
   */
  start<S = void>(fn: StartFunction<S>, options?: StartOptions): Promise<S> {
    return startTask(this.#owner, fn, options);
  }

  /**
   * Waits for all children, including those that are created meanwhile. Then the group has finished. Every call returns the same promise. Children
   * must not call it: they would wait for themselves. In the body of a `run`, the body continues afterwards, and `run` also throws what `join`
   * throws.
   *
   * **Cancellation**: resolves after `group.cancel()`. Rejects with the `CancelledError` of an outer owner if that cancellation interrupted a child.
   *
   * @throws {ExceptionGroup} If a child failed.
   */
  join(): Promise<void> {
    if (this.#joining === undefined) {
      this.#joining = this.#join();
      if (this.#isRun) ignoreRejection(this.#joining); // need not be awaited, because `run` throws the same
    }
    return this.#joining;
  }

  /** Cancels all children, and makes `createTask` throw. This is not a failure: see {@link TaskGroup.run}. After the end it does nothing. */
  cancel(reason?: unknown): void {
    this.scope.cancel(reason);
  }

  /**
   * Leaves the group. Unless a `join` has settled, it cancels the children that are left. It waits for them, and throws the errors that no `join` has
   * thrown by then, even if a pending `join` is about to throw them. It never throws a `CancelledError`. It is idempotent. Children must not call it.
   */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  static {
    addMethod(this, asyncDispose, function () {
      if (this.#disposing === undefined) return (this.#disposing = this.#dispose());
      return this.#disposing.catch(() => {}); // only the first call throws
    });
  }

  async #join(): Promise<void> {
    await this.#finish();
    this.#failures.throwAll(this.#owner);
    this.#failures.throwOuter(this.#owner);
  }

  async #dispose(): Promise<void> {
    if (!this.#isRun || this.size > 0) this.#failures.cancelLeft(this.scope);
    const { hasThrown } = this.#failures;
    // A pending join may never be awaited, so its rejection is ignored, and this call throws the failures.
    if (!hasThrown && this.#joining !== undefined) ignoreRejection(this.#joining);
    await this.#finish();
    if (!hasThrown) this.#failures.throwAll(this.#owner);
  }

  /** Waits for all children, and accepts no more. In a `run` the scope stays open, so that outer cancellations still reach the body. */
  async #finish(): Promise<void> {
    if (!this.#isRun) {
      this.#failures.addLeftOpen(await this.#owner.finish());
      return;
    }
    do await this.#owner.whenEmpty();
    while (this.size > 0);
    this.#owner.refuse("This TaskGroup was joined, and accepts no more tasks: make a new one.");
  }
}

keepHot((clock) => new TaskGroup({ clock }));
