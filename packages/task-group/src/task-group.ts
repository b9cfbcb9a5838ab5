/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope, Task, TaskFunction } from "@selvage/scope";
import { ignoreRejection, addMethod, asyncDispose, checkFunction, keepHot } from "@selvage/scope/internal";
import {
  startTask,
  type StartFunction,
  type StartOptions,
  type TaskOptions,
  TaskOwner,
  type TaskOwnerOptions,
} from "@selvage/scope/lowlevel";
import { type SharedLimit } from "@selvage/scope/internal";
import { FailFast } from "./fail-fast.js";

/** How a {@link TaskGroup} is made. */
export type TaskGroupOptions = TaskOwnerOptions;

/**
 * Tasks that succeed or fail together: leaving the group waits for all of them, and the first failure cancels the rest.
 *
 * {@link TaskGroup.run} is the form to use; it knows why its body ended. With `await using`, make `await group.join()` the last
 * statement: leaving the block without it cancels what is left, since dispose cannot know why a block ended.
 *
 * Every failure is reported: `run` and `join` reject with one `ExceptionGroup` of all, also of a single one. Use a
 * `Supervisor` where a failure must not touch the other tasks.
 *
 * Kin: asyncio's `TaskGroup`, Trio's nursery.
 *
 * @throws {TypeError | RangeError} Where an option is of the wrong type. @throws {ClosedError} Where the parent is closed.
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
  #joining: Promise<void> | undefined = undefined;
  #disposing: Promise<void> | undefined = undefined;
  /** Whether `run` is in charge, which throws whatever there is to throw. */ #runs = false;

  constructor(options: TaskGroupOptions = {}) {
    this.#owner = new TaskOwner("TaskGroup", options, this.#failures);
  }

  /**
   * Calls `body` with a new group, and waits for it and for all children, whatever happens.
   *
   * **Cancellation**: an outer owner's cancellation rejects it with the outer `CancelledError`, un-grouped, if it cut the body or
   * a child short. After `group.cancel()` it resolves with the body's value; only a body that was itself cut short has none,
   * and rejects with the group's own `CancelledError`. Errors win over both.
   *
   * @returns The body's value.
   * @throws {ExceptionGroup} If the body or a child failed: every failure, in order of arrival.
   * @throws {TypeError | RangeError} Synchronously, where `body` is no function or an option is wrong.
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
    group.#runs = true;
    return group.#owner.runBody(body, group, group.#failures) as Promise<T>;
  }

  /** The scope that all children live in. Cancelling it is {@link TaskGroup.cancel}. */
  get scope(): CancelScope {
    return this.#owner.scope;
  }

  /** How many children have not ended, those that wait their turn included. */
  get size(): number {
    return this.#owner.size;
  }

  /**
   * Starts a child: `fn` is called at once with the child's own scope, or when its turn comes under a limit. Children may
   * start siblings as long as any child lives, also after the body has ended.
   *
   * @throws {TypeError} Where `fn` is no function. @throws {CancelledError} Where the group is cancelled; `fn` is not called.
   * @throws {ClosedError} Where the group has finished.
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
   * How many children run at once; `Infinity` if there is no limit. It may be set at any time: raising it starts queued children at once, lowering it
   * takes effect as children end.
   *
   * @throws {TypeError | RangeError} If set to what is neither a positive integer, nor `Infinity`, nor a shared limit.
   */
  get limit(): number | SharedLimit {
    return this.#owner.limit;
  }

  set limit(limit: number | SharedLimit) {
    this.#owner.limit = limit;
  }

  /**
   * Waits until no child is left, and leaves the group open: further children may come.
   *
   * **Cancellation**: rejects with the `CancelledError` of `scope`, as `scope.sleep` does.
   *
   * @param scope - The scope of the code that waits. A child of this group would wait for itself.
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
   * Starts a child and waits until it says that it is ready, by calling `started`; resolves with the value it hands over, if
   * it has one: `start<number>`. From then on it is an ordinary child. Until then its failure is the caller's: `start` rejects with it, bare, and the group goes on.
   *
   * A child that ends without calling `started` rejects it with an `InvalidStateError`, a cancelled one with its `CancelledError`;
   * a second `started` throws an `InvalidStateError` in the child. It rejects, too, where `createTask` would throw.
   *
   * **Cancellation**: pass the caller's scope as `scope`. If it is cancelled before the child is ready, the child is cancelled with the same reason;
   * once it has ended, `start` rejects with `scope.reason`, or, bare, with the error that the child failed with while unwinding.
   *
   * Source: Trio's `nursery.start`.
   *
   * @throws {TypeError} Synchronously, if `fn` is not a function or `scope` not a scope.
   * @example
   * ```ts
   * import { TaskGroup } from "@selvage/task-group";
   *
   * await TaskGroup.run(async (group) => {
   *   const port = await group.start<number>(async (scope, started) => {
   *     started(8080); // it listens
   *     await scope.sleep(1); // it serves
   *   });
   *   console.assert(port === 8080 && group.size === 1);
   * });
   * ```
   */
  start<S = void>(fn: StartFunction<S>, options?: StartOptions): Promise<S> {
    return startTask(this.#owner, fn, options);
  }

  /**
   * Waits for all children, those included that come meanwhile; then the group is finished. Every call returns the same promise.
   * Not for children: they would wait for themselves. In the body of a `run` it is a barrier: the body goes on, and what `join`
   * throws `run` throws, too, caught or not.
   *
   * **Cancellation**: resolves after `group.cancel()`; rejects with an outer owner's `CancelledError` if it cut a child short.
   *
   * @throws {ExceptionGroup} If a child failed.
   */
  join(): Promise<void> {
    if (this.#joining === undefined) {
      this.#joining = this.#join();
      if (this.#runs) ignoreRejection(this.#joining); // if nobody awaits it, nothing is lost
    }
    return this.#joining;
  }

  /** Cancels all children. Not a failure: see {@link TaskGroup.run}. Before the first task it is latched; after the end it does nothing. */
  cancel(reason?: unknown): void {
    this.scope.cancel(reason);
  }

  /**
   * Leaves the group: cancels what is left, unless a `join` has settled, waits for it, and throws the errors that no `join` has
   * thrown by then (also those that a pending one is about to throw); never a `CancelledError`. Idempotent. Not for children.
   */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  static {
    addMethod(this, asyncDispose, function () {
      if (this.#disposing === undefined) return (this.#disposing = this.#dispose());
      return this.#disposing.catch(() => {}); // what it throws, the first call has thrown
    });
  }

  async #join(): Promise<void> {
    await this.#finish();
    this.#failures.throwAll(this.#owner);
    this.#failures.throwOuter(this.#owner);
  }

  async #dispose(): Promise<void> {
    if (!this.#runs || this.size > 0) this.#failures.cancelLeft(this.scope);
    const { told } = this.#failures;
    // A join that is still pending has told nobody: perhaps nobody awaits it, or a race has given it up.
    if (!told && this.#joining !== undefined) ignoreRejection(this.#joining);
    await this.#finish();
    if (!told) this.#failures.throwAll(this.#owner);
  }

  /** Waits for all children and accepts no more. Under `run` the scope stays open: outer owners must still reach the body. */
  async #finish(): Promise<void> {
    if (!this.#runs) {
      this.#failures.addLeftOpen(await this.#owner.finish());
      return;
    }
    do await this.#owner.whenEmpty();
    while (this.size > 0);
    this.#owner.refuse("This TaskGroup was joined, and accepts no more tasks: make a new one.");
  }
}

keepHot((clock) => new TaskGroup({ clock }));
