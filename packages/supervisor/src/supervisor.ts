/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope, Task, TaskFunction } from "@selvage/scope";
import { addMethod, asyncDispose, checkFunction, keepHot } from "@selvage/scope/internal";
import { type StartFunction, TaskOwner } from "@selvage/scope/lowlevel";
import type { SharedLimit } from "@selvage/scope/lowlevel";
import { checkShutdown, type ShutdownOptions, type ShutdownReport } from "./shutdown-options.js";
import { createSupervised, startSupervised } from "./supervised.js";
import { Isolate } from "./isolate.js";
import type { SupervisedStartOptions, SupervisedTaskOptions } from "./supervisor-options.js";
import type { SupervisorOptions, SupervisorStats } from "./supervisor-options.js";

/**
 * Tasks that run and fail independently: a failure does not cancel the siblings, does not interrupt the body, and is not stored. It is for long-lived
 * servers, with an explicit {@link Supervisor.shutdown} that may be called from anywhere.
 *
 * Every failure is passed to `onError`, or printed if there is no handler. Results and finished tasks are released at once. If the first
 * failure should stop the rest, use a `TaskGroup`.
 *
 * Compare aiotools' `Supervisor` and `PersistentTaskGroup`, and Kotlin's `supervisorScope`.
 *
 * @throws {TypeError | RangeError} If an option is of the wrong type. @throws {ClosedError} If the parent is closed.
 * @example
 * ```ts
 * import { Supervisor } from "@selvage/supervisor";
 *
 * const supervisor = new Supervisor({ onError: (error, task) => console.log(task.name, "failed:", error) });
 * supervisor.createTask(() => Promise.reject(new Error("bad request")), { name: "request 1" });
 * supervisor.createTask((scope) => scope.sleep(5), { name: "request 2" });
 * const report = await supervisor.shutdown({ grace: 1_000 });
 * console.assert(report.completed === 1 && report.failed === 1);
 * ```
 */
export class Supervisor implements AsyncDisposable {
  readonly #owner: TaskOwner;
  readonly #policy: Isolate;
  /** The result of `join`; `undefined` until it is called. */
  #joining: Promise<void> | undefined = undefined;

  constructor(options: SupervisorOptions = {}) {
    this.#policy = new Isolate(options);
    this.#owner = new TaskOwner("Supervisor", options, this.#policy, this.#policy.drain !== undefined);
    this.#policy.begin(this.#owner);
  }

  /**
   * Calls `body` with a new supervisor, and waits for it and for all tasks.
   *
   * When the body returns, its tasks continue until they end. If the body throws, the tasks are cancelled, and its error is thrown unchanged. A
   * shutdown that is called from elsewhere while the body runs interrupts the body by cancellation, and `run` resolves `undefined`.
   *
   * **Cancellation**: the cancellation of an outer owner cancels the body and the tasks. If it interrupted something, the call rejects with the outer
   * `CancelledError`. With the option `drain`, it begins a shutdown instead.
   *
   * @returns The body's value; `undefined` if a shutdown interrupted the body.
   * @throws The body's error, or the fatal error of a task (`isFatal`), or an `ExceptionGroup` of both.
   * @throws {TypeError | RangeError} Synchronously, if `body` is not a function or an option is wrong.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * await Supervisor.run(async (supervisor) => {
   *   setTimeout(() => void supervisor.shutdown(), 5); // for example in a signal handler
   *   await supervisor.scope.sleep(Infinity); // serve until shut down
   * });
   * ```
   */
  static run<T>(
    body: (supervisor: Supervisor) => T | PromiseLike<T>,
    options?: SupervisorOptions,
  ): Promise<T | undefined> {
    checkFunction(body, "The body");
    const supervisor = new Supervisor(options);
    supervisor.#policy.bodyRunning = true;
    return supervisor.#owner.runBody(body, supervisor, supervisor.#policy);
  }

  /** The scope of the supervisor. The scopes of all tasks lie below it. Prefer a shutdown to cancelling it, because a shutdown returns a report. */
  get scope(): CancelScope {
    return this.#owner.scope;
  }

  /** The tasks that have not ended, in order of creation. Every iteration starts with a new copy. */
  get tasks(): Iterable<Task<unknown>> {
    return { [Symbol.iterator]: () => this.#owner[Symbol.iterator]() };
  }

  /** How many tasks have not ended, including queued ones. */
  get size(): number {
    return this.#owner.size;
  }

  /** Returns how many tasks run and wait, and how many have ended. */
  stats(): SupervisorStats {
    return this.#policy.stats();
  }

  /** Whether a shutdown has begun. Then no more tasks are accepted. It never becomes false again. */
  get stopping(): boolean {
    return this.#policy.shutdown !== undefined;
  }

  /**
   * Calls `listener` with the shutdown's reason when a shutdown begins, before any task is cancelled. Use it to stop the sources of new work. If a
   * shutdown has already begun, the listener is called at once. An error that it throws is reported as uncaught.
   *
   * @returns A handle that unregisters the listener. @throws {TypeError} If `listener` is not a function.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * const supervisor = new Supervisor();
   * supervisor.onShutdown(() => console.log("accept no more connections"));
   * await supervisor.shutdown();
   * ```
   */
  onShutdown(listener: (reason: unknown) => void): Disposable {
    checkFunction(listener, "The listener");
    return this.#policy.onShutdown(listener);
  }

  /**
   * Starts a task. The call is synchronous, and may be made from anywhere: an event handler, a signal handler, another task tree. The task's scope
   * always lies below the supervisor's. With `restart` the task is started again when it ends. One `Task` stands for all its runs, and `onError` is
   * called for each run that fails. `stage` and `grace` set when a shutdown ends the task, and how long the task then has.
   *
   * @throws {TypeError | RangeError} If `fn` is not a function or an option is wrong. @throws {ClosedError} If a shutdown has begun, or the
   * supervisor has finished. @throws {CancelledError} If the supervisor was cancelled without a shutdown. Then `fn` is not called.
   */
  createTask<T>(fn: TaskFunction<T>, options?: SupervisedTaskOptions): Task<T> {
    return createSupervised(this.#owner, this.#policy, fn, options);
  }

  /**
   * How many tasks may run at once; `Infinity` if there is no limit. It may be set at any time. Raising it starts queued tasks at once. Lowering it
   * takes effect as tasks end.
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
   * Waits until no task is left, and leaves the supervisor open, so that further tasks can be created.
   *
   * **Cancellation**: rejects with the `CancelledError` of `scope`, as `scope.sleep` does.
   *
   * @param scope - The scope of the code that waits. It must not belong to a task of this supervisor, because the task would wait for itself.
   * @throws {TypeError} Synchronously, if `scope` is not a scope. @throws {InvalidStateError} Synchronously, if it belongs to a task.
   * @example
   * ```ts
   * import { CancelScope, Supervisor } from "@selvage/supervisor";
   *
   * const supervisor = new Supervisor();
   * supervisor.createTask((task) => task.sleep(1));
   * await CancelScope.run((scope) => supervisor.idle(scope));
   * console.assert(supervisor.size === 0);
   * ```
   */
  idle(scope: CancelScope): Promise<void> {
    return this.#owner.idle(scope);
  }

  /**
   * Starts a task, waits until it calls `started`, and resolves with the value of that call: `start<number>`. From then on it is an ordinary task.
   * If it fails before that, `start` rejects with its error, bare. With `restart`, that happens only when the task is not started again.
   *
   * If the task ends without calling `started`, the call rejects with an `InvalidStateError`, or with the `CancelledError` if the task was cancelled.
   * Calling `started` twice in one run throws an `InvalidStateError` in the task. The call also rejects if `createTask` would throw.
   *
   * **Cancellation**: pass the caller's scope as `scope`. If it is cancelled before the task is ready, the task is cancelled with the same reason.
   * When the task has ended, `start` rejects with `scope.reason`, or, bare, with the error with which the task failed while it unwound.
   *
   * Compare Trio's `nursery.start`.
   *
   * @throws {TypeError} Synchronously, if `fn` is not a function or `scope` is not a scope.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * await using supervisor = new Supervisor();
   * const port = await supervisor.start<number>(async (scope, started) => {
   *   started(8080); // the server listens
   *   await scope.sleep(60_000); // the server runs
   * });
   * console.assert(port === 8080);
   * ```
   */
  start<S = void>(fn: StartFunction<S>, options?: SupervisedStartOptions): Promise<S> {
    return startSupervised(this.#owner, this.#policy, fn, options);
  }

  /**
   * Shuts down. No more tasks are accepted. Stage by stage, 0 first, the tasks have `grace` milliseconds to end by themselves. Then the rest of the
   * stage are cancelled one by one, and waited for. Later stages continue until their turn. The supervisor's scope, and with it the body of a
   * `run`, is cancelled with the last stage, or when no task is left. The shutdown never waits for the body, which may be the caller. All callers
   * share one shutdown. A later call may shorten the time left, but never lengthen it.
   *
   * `timeout` limits the whole shutdown. Tasks that are left then are named in the report and abandoned. Their later failures still reach
   * `onError`. A task that calls this must pass its own scope as `requestedBy`, or it would wait for itself. It never rejects because of a task.
   *
   * @throws {TypeError} Synchronously, if an option is of the wrong type.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * const supervisor = new Supervisor();
   * supervisor.createTask(async function stubborn() {
   *   await new Promise(() => {}); // ignores its scope
   * });
   * const report = await supervisor.shutdown({ grace: 5, timeout: 10 });
   * console.assert(report.abandoned[0] === "stubborn");
   * ```
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    return this.#policy.shutDown(checkShutdown(options));
  }

  /**
   * Waits for all tasks, including those that are created meanwhile. Then the supervisor has finished. Every call returns the same promise. Tasks
   * must not call it, because they would wait for themselves.
   *
   * **Cancellation**: rejects with the `CancelledError` of an outer owner if that cancellation interrupted a task.
   *
   * @throws The fatal error of a task (`isFatal`).
   */
  join(): Promise<void> {
    return (this.#joining ??= this.#policy.join(this.#owner));
  }

  /** Calls {@link Supervisor.shutdown} without grace. It is for `await using`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  static {
    addMethod(this, asyncDispose, async function () {
      await this.shutdown();
    });
  }
}

keepHot((clock) => {
  const supervisor = new Supervisor({ clock });
  void supervisor.shutdown();
  return supervisor;
});
