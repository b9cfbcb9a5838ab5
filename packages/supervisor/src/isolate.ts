import { type CancelScope, ClosedError, type ExceptionGroup, type Task } from "@selvage/scope";
import {
  cancelAnyway,
  cancelFor,
  checkFunction,
  checkParentOptions,
  dispose,
  isCutOf,
  observer,
  onEnd,
  type OwnedFailure,
  ownerError,
  reportUncaught,
} from "@selvage/scope/internal";
import { type BodyPolicy, type Failed, parentOf, type TaskOwner, type TaskPolicy } from "@selvage/scope/lowlevel";
import { count, type Counts, noCounts } from "./counts.js";
import { Placements } from "./placement.js";
import { print } from "./print.js";
import type { Restarter } from "./run-restarting.js";
import { Shutdown } from "./shutdown.js";
import { ShutdownListener } from "./shutdown-listener.js";
import { checkDrain, type DrainOptions, type ShutdownOptions, type ShutdownReport } from "./shutdown-options.js";
import type { FailureInfo, SupervisedTaskOptions, SupervisorOptions, SupervisorStats } from "./supervisor-options.js";

/** The policy of a supervisor. A failed task does not affect the others. It decides what `run` and `join` throw, and holds the shutdown. */
export class Isolate implements TaskPolicy, BodyPolicy, Restarter {
  /** How many tasks have ended. */
  readonly counts: Counts = noCounts();
  /** How many runs were started again. */
  restarts = 0;
  /** The errors that `run` or `join` throws, in order of arrival: the body's, and the first fatal one. Never more than a few. */
  readonly failures: OwnedFailure[] = [];
  /** The tasks that wait to restart. */
  readonly resting: Set<Task<unknown>> = new Set<Task<unknown>>();
  /** Whether the body of a `run` has not ended. Then the scope must stay open. */
  bodyRunning = false;
  /** The options of the shutdown that a cancellation of the parent begins; `undefined` if it cancels the supervisor instead. */
  readonly drain: DrainOptions | undefined = undefined;
  /** The shutdown; `undefined` until one begins. */
  shutdown: Shutdown | undefined = undefined;
  readonly #onError: SupervisorOptions["onError"];
  readonly #isFatal: SupervisorOptions["isFatal"];
  readonly #placements = new Placements();
  /** The errors with which `createTask` threw since a shutdown began. */
  readonly #refusals = new WeakSet<object>();
  /** The listeners of `onShutdown`; empty once a shutdown has begun. */
  readonly #listeners = new Set<ShutdownListener>();
  /** The scope whose cancellation begins a drain; `undefined` without `drain`. */
  #drained: CancelScope | undefined = undefined;
  /** The owner of the tasks; `undefined` until `begin` is called. */
  #owner: TaskOwner | undefined = undefined;
  /** Whether there was a fatal failure. Later ones are not thrown. */
  #fatal = false;
  /** The group of all failures; `undefined` until it is needed. It is made again when failures were added. */
  #group: ExceptionGroup | undefined = undefined;

  constructor(options: SupervisorOptions) {
    checkParentOptions(options);
    const { onError, isFatal, drain } = options;
    if (onError !== undefined) checkFunction(onError, "onError");
    if (isFatal !== undefined) checkFunction(isFatal, "isFatal");
    this.#onError = onError;
    this.#isFatal = isFatal;
    if (drain !== undefined) this.drain = checkDrain(drain);
  }

  stats(): SupervisorStats {
    const { uncalled: queued, size } = this.#owner!;
    const restarting = this.resting.size;
    return { running: size - queued - restarting, queued, restarting, ...this.counts, restarts: this.restarts };
  }

  /** Sets the owner. With `drain`, a cancellation of the parent begins a shutdown from now on (V11). */
  begin(owner: TaskOwner): void {
    const { drain } = this;
    this.#owner = owner;
    if (drain === undefined) return;
    const parent = parentOf(owner.scope);
    if (parent === undefined) {
      throw new TypeError("drain needs a parent, whose cancellation begins it: give the supervisor a parent.");
    }
    this.#drained = parent;
    this.bodyRunning = true; // keeps the scope open if the parent is already cancelled, because a body may follow
    const listening = parent.onCancel((reason) => {
      void this.shutDown({ ...drain, reason });
    });
    this.bodyRunning = false;
    onEnd(owner.scope, () => {
      listening[dispose]();
    });
  }

  refusal(advice: string): Error | undefined {
    if (this.shutdown === undefined) return undefined;
    const error = new ClosedError(advice);
    this.#refusals.add(error);
    return error;
  }

  taskCreated(task: Task<unknown>, { stage = 0, grace }: SupervisedTaskOptions): void {
    this.#placements.add(task, { stage, grace });
  }

  taskEnded(task: Task<unknown>): void {
    count(this.counts, task.status);
    this.shutdown?.count(task);
    this.#placements.delete(task);
    if (task.status === "rejected") this.#failed(task.exception(), task, undefined);
    this.shutdown?.update();
  }

  emptied(): void {
    this.shutdown?.update();
    this.closeAfterShutdown();
  }

  /** An error of the body that is not a cancellation cancels all tasks. `run` throws it (V7). */
  bodyThrew(error: unknown, { scope }: TaskOwner): boolean {
    if (this.#isCut(error)) return true;
    this.add(error);
    cancelAnyway(scope, error);
    return false;
  }

  bodyEnded(): void {
    this.bodyRunning = false;
  }

  /** Returns the error that is thrown: the only failure, or a group of all, which is made once. `undefined` if there is none. */
  failure({ name }: Pick<TaskOwner, "name">, leftOpen: unknown): Failed | undefined {
    if (leftOpen !== undefined) this.add(leftOpen);
    const { length } = this.failures;
    if (length > 1 && this.#group?.errors.length !== length)
      this.#group = ownerError("Supervisor", name, this.failures);
    return length > 1 ? { error: this.#group } : this.failures[0];
  }

  async join(owner: TaskOwner): Promise<void> {
    this.settle(owner, await owner.finish(), false);
  }

  /** Decides the outcome of a `run` or `join` (V7). Failures come first, and then the cancellation of an outer owner. */
  settle({ scope, name, wasCut }: TaskOwner, leftOpen: unknown, isCut: boolean): void {
    const failed = this.failure({ name }, leftOpen);
    if (failed !== undefined) throw failed.error;
    const { reason } = scope;
    if (reason === undefined || !(isCut || wasCut)) return;
    if (reason.scope !== scope || (isCut && this.shutdown === undefined)) throw reason;
  }

  /** Adds an error that `run` or `join` throws. The same error is added once. */
  add(error: unknown, task?: string): void {
    if (!this.failures.some((failure) => Object.is(failure.error, error))) this.failures.push({ error, task });
  }

  taskOf(scope: CancelScope): Task<unknown> {
    return this.#owner!.taskOf(scope)!;
  }

  isStopping(task: Task<unknown>): boolean {
    return this.shutdown?.hasReached(task) === true;
  }

  stop(task: Task<unknown>): void {
    cancelFor(task.scope, this.shutdown!.reason);
  }

  runFailed(task: Task<unknown>, error: unknown, restartsIn: number | undefined): void {
    this.#failed(error, task, restartsIn);
  }

  restarted(task: Task<unknown>): void {
    this.restarts++;
    observer?.restarted?.(task.scope, { attempt: task.attempt });
  }

  shutDown(options: ShutdownOptions): Promise<ShutdownReport> {
    const owner = this.#owner!;
    owner.refuse("This Supervisor is shutting down or has shut down: it accepts no more tasks.");
    let { shutdown } = this;
    let isFirst = false;
    if (shutdown === undefined) {
      const made = new Shutdown(owner, this.#placements, this.resting, options);
      shutdown = this.shutdown ??= made; // the constructor reads the reason and the clock, which may run code that began one
      isFirst = shutdown === made;
    }
    const report = shutdown.request(options, isFirst);
    if (isFirst) {
      observer?.shutdown?.(owner.scope, { phase: "begun", stage: undefined });
      for (const listener of this.#listeners) listener.notify(shutdown.reason.cause);
      this.#listeners.clear();
      shutdown.begin();
    }
    this.closeAfterShutdown();
    return report;
  }

  onShutdown(fn: (reason: unknown) => void): Disposable {
    const listener = new ShutdownListener(fn, this.#listeners);
    if (this.shutdown === undefined) this.#listeners.add(listener);
    else listener.notify(this.shutdown.reason.cause);
    return listener;
  }

  /** Closes the scope when the shutdown is over. Then no task is left, and none can be created. */
  closeAfterShutdown(): void {
    if (this.shutdown?.isOver !== true || this.bodyRunning) return;
    try {
      this.#owner!.scope.close();
    } catch {
      // Live scopes that were left open in it keep it open. `join`, or the end of the parent, fails because of them.
    }
  }

  /**
   * Whether an error of the body is a cancellation: of the supervisor, of a task by the shutdown, or of the parent that began a drain. A drain may
   * begin at any time, so the error of a `createTask` that throws because of it counts too.
   */
  #isCut(error: unknown): boolean {
    const { scope } = this.#owner!;
    if (isCutOf(scope, error)) return true;
    if (this.shutdown === undefined) return false;
    if (error === this.shutdown.reason) return true;
    return this.#drained !== undefined && (this.#refusals.has(error as object) || isCutOf(this.#drained, error));
  }

  /** Reports a failure to observers and `onError` (V2), and shuts down if it is fatal (V8). */
  #failed(error: unknown, task: Task<unknown>, restartsIn: number | undefined): void {
    let isFatal: boolean | undefined = false;
    const info: FailureInfo = { attempt: task.attempt, restartsIn };
    observer?.failed?.(task.scope, error, info);
    try {
      if (this.#onError === undefined) print(error, task, info, this.#owner!.name);
      else this.#onError.call(undefined, error, task, info);
    } catch (thrown) {
      reportUncaught(thrown);
    }
    try {
      isFatal = this.#isFatal?.call(undefined, error, task);
    } catch (thrown) {
      reportUncaught(thrown);
    }
    if (!isFatal) return;
    if (!this.#fatal) this.add(error, task.name);
    this.#fatal = true;
    void this.shutDown({ reason: error });
  }
}
