/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope, Task, TaskFunction } from "@selvage/scope";
import { addMethod, asyncDispose, checkFunction, keepHot } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import type { StartFunction } from "@selvage/scope/lowlevel";
import type { SharedLimit } from "@selvage/scope/internal";
import { checkShutdown, type ShutdownOptions, type ShutdownReport } from "./shutdown-options.js";
import { createSupervised, startSupervised } from "./supervised.js";
import { Isolate } from "./isolate.js";
import type { SupervisedStartOptions, SupervisedTaskOptions } from "./supervisor-options.js";
import type { SupervisorOptions, SupervisorStats } from "./supervisor-options.js";

/**
 * Tasks that live and fail on their own: a failure cancels no sibling, does not interrupt the body, and is not stored. For
 * long-lived servers, with an explicit {@link Supervisor.shutdown} that may be called from anywhere.
 *
 * Every failure goes to `onError`, or is printed: silence is never the default. Results and finished tasks are released at once.
 * Use a `TaskGroup` where the tasks make one result together, so that the first failure should stop the rest.
 *
 * Kin: aiotools' `Supervisor` and `PersistentTaskGroup`, Kotlin's `supervisorScope`.
 *
 * @throws {TypeError | RangeError} Where an option is of the wrong type. @throws {ClosedError} Where the parent is closed.
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
  #joining: Promise<void> | undefined = undefined;

  constructor(options: SupervisorOptions = {}) {
    this.#policy = new Isolate(options);
    this.#owner = new TaskOwner("Supervisor", options, this.#policy, this.#policy.drain !== undefined);
    this.#policy.begin(this.#owner);
  }

  /**
   * Calls `body` with a new supervisor, and waits for it and for all tasks.
   *
   * The body returned: its tasks may go on to their end. The body threw: they are cancelled, and its error is thrown as it is.
   * A shutdown from elsewhere while the body runs cuts the body short, and `run` resolves `undefined`.
   *
   * **Cancellation**: an outer owner's cancels body and tasks; it rejects with the outer `CancelledError` if something was cut short. With the
   * option `drain` it begins a shutdown instead.
   *
   * @returns The body's value; `undefined` if a shutdown cut the body short.
   * @throws The body's error, or the fatal error of a task (`isFatal`); an `ExceptionGroup` of both, if both failed.
   * @throws {TypeError | RangeError} Synchronously, where `body` is no function or an option is wrong.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * await Supervisor.run(async (supervisor) => {
   *   setTimeout(() => void supervisor.shutdown(), 5); // a signal handler, say
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

  /** The scope that all tasks live in. Shut the supervisor down rather than cancel it: a shutdown tells what became of the tasks. */
  get scope(): CancelScope {
    return this.#owner.scope;
  }

  /** The tasks that have not ended, in order of creation; every iteration takes them anew. */
  get tasks(): Iterable<Task<unknown>> {
    return { [Symbol.iterator]: () => this.#owner[Symbol.iterator]() };
  }

  /** How many tasks have not ended, those that wait their turn included. */
  get size(): number {
    return this.#owner.size;
  }

  /** How many tasks run and wait, and how those that have ended did. */
  stats(): SupervisorStats {
    return this.#policy.stats();
  }

  /** Whether a shutdown has begun: no more tasks are accepted. It stays `true`. */
  get stopping(): boolean {
    return this.#policy.shutdown !== undefined;
  }

  /**
   * Calls `listener` with the shutdown's reason when a shutdown begins, before any task is cancelled: to stop what brings new work. It is called
   * at once if one has begun. What it throws is reported as uncaught.
   *
   * @returns A handle that unregisters it. @throws {TypeError} If `listener` is not a function.
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
   * Starts a task. Synchronous, and callable from anywhere: an event handler, a signal handler, another task tree; its scope
   * always lies below the supervisor's. With `restart` it is started again when it ends: one `Task` stands for all its runs, and
   * `onError` is told of each that fails. `stage` and `grace` say when a shutdown comes to it, and how long it then has.
   *
   * @throws {TypeError | RangeError} Where `fn` is no function or an option is wrong. @throws {ClosedError} Once a shutdown has begun, or the
   * supervisor has finished. @throws {CancelledError} Where it was cancelled without a shutdown; `fn` is not called.
   */
  createTask<T>(fn: TaskFunction<T>, options?: SupervisedTaskOptions): Task<T> {
    return createSupervised(this.#owner, this.#policy, fn, options);
  }

  /**
   * How many tasks run at once; `Infinity` if there is no limit. It may be set at any time: raising it starts queued tasks at once, lowering it
   * takes effect as tasks end.
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
   * Waits until no task is left, and leaves the supervisor open: further tasks may come.
   *
   * **Cancellation**: rejects with the `CancelledError` of `scope`, as `scope.sleep` does.
   *
   * @param scope - The scope of the code that waits. A task of this supervisor would wait for itself.
   * @throws {TypeError} Synchronously, if `scope` is not a scope. @throws {InvalidStateError} Synchronously, if it belongs to a task of this supervisor.
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
   * Starts a task and waits until it says that it is ready, by calling `started`; resolves with the value it hands over, if it
   * has one: `start<number>`. From then on it is an ordinary task. Until then its failure is the caller's: `start` rejects with it, bare.
   * With `restart`, `onError` is told of each run that fails, and `start` rejects only when the task has ended for good.
   *
   * A task that ends without calling `started` rejects it with an `InvalidStateError`, a cancelled one with its `CancelledError`. Calling
   * `started` twice in one run throws an `InvalidStateError` in the task. `start` also rejects where `createTask` would throw.
   *
   * **Cancellation**: pass the caller's scope as `scope`. If it is cancelled before the task is ready, the task is cancelled with the same reason;
   * once it has ended, `start` rejects with `scope.reason`, or, bare, with the error that the task failed with while unwinding.
   *
   * Source: Trio's `nursery.start`.
   *
   * @throws {TypeError} Synchronously, if `fn` is not a function or `scope` not a scope.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * await using supervisor = new Supervisor();
   * const port = await supervisor.start<number>(async (scope, started) => {
   *   started(8080); // it listens
   *   await scope.sleep(60_000); // it serves
   * });
   * console.assert(port === 8080);
   * ```
   */
  start<S = void>(fn: StartFunction<S>, options?: SupervisedStartOptions): Promise<S> {
    return startSupervised(this.#owner, this.#policy, fn, options);
  }

  /**
   * Shuts down, stage by stage, 0 first: accepts no more tasks, lets those of a stage end by themselves for `grace` milliseconds, cancels
   * the rest one by one, and waits for them; never for the body of a `run`, which may be the caller. Later stages go on until then. The
   * supervisor's scope, and with it the body, is cancelled with the last stage, or when no task is left. All callers share one shutdown:
   * a later call may shorten the time left, never lengthen it.
   *
   * `timeout` bounds the whole: what is left then is named in the report and waited for no more. Its later failures still reach
   * `onError`. A task that calls passes its own scope as `requestedBy`, or it would wait for itself. It never rejects because of a task.
   *
   * @throws {TypeError} Synchronously, where an option is of the wrong type.
   * @example
   * ```ts
   * import { Supervisor } from "@selvage/supervisor";
   *
   * const supervisor = new Supervisor();
   * supervisor.createTask(async function stubborn() {
   *   await new Promise(() => {}); // looks at no scope
   * });
   * const report = await supervisor.shutdown({ grace: 5, timeout: 10 });
   * console.assert(report.abandoned[0] === "stubborn");
   * ```
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    return this.#policy.shutDown(checkShutdown(options));
  }

  /**
   * Waits for all tasks, those included that come meanwhile; then the supervisor is finished. Every call returns the same promise. Not
   * for tasks: they would wait for themselves.
   *
   * **Cancellation**: rejects with an outer owner's `CancelledError` if it cut a task short.
   *
   * @throws The fatal error of a task (`isFatal`).
   */
  join(): Promise<void> {
    return (this.#joining ??= this.#policy.join(this.#owner));
  }

  /** {@link Supervisor.shutdown} with no grace, for `await using`. */
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
