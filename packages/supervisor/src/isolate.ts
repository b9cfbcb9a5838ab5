import { type CancelScope, ClosedError, type ExceptionGroup, type Task } from "@selvage/scope";
import {
  cancelAnyway,
  cancelFor,
  checkFunction,
  checkOptions,
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

/** What the ends of tasks mean to a supervisor, and what it is to throw: the policy of its owner of tasks. */
export class Isolate implements TaskPolicy, BodyPolicy, Restarter {
  readonly counts: Counts = noCounts();
  /** How many runs were started again. */ restarts = 0;
  /** What `run` or `join` is to throw, in order of arrival: the body's error, a fatal one. Never more than a few. */
  readonly failures: OwnedFailure[] = [];
  /** Tasks that wait to restart. */ readonly resting: Set<Task<unknown>> = new Set<Task<unknown>>();
  bodyRunning = false;
  /** How a cancellation of the parent shuts down; `undefined` if it cancels. */
  readonly drain: DrainOptions | undefined = undefined;
  shutdown: Shutdown | undefined = undefined;
  readonly #onError: SupervisorOptions["onError"];
  readonly #isFatal: SupervisorOptions["isFatal"];
  readonly #placements = new Placements();
  /** The errors of tasks that were refused since a shutdown began. */ readonly #refusals = new WeakSet<object>();
  readonly #listeners = new Set<ShutdownListener>();
  /** The scope whose cancellation begins a drain. */ #drained: CancelScope | undefined = undefined;
  #owner: TaskOwner | undefined = undefined;
  #fatal = false;
  #group: ExceptionGroup | undefined = undefined;

  constructor(options: SupervisorOptions) {
    checkOptions(options);
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

  /** The owner that this is the policy of. With `drain`, a cancellation of the parent begins a shutdown from now on (V11). */
  begin(owner: TaskOwner): void {
    const { drain } = this;
    this.#owner = owner;
    if (drain === undefined) return;
    const parent = parentOf(owner.scope);
    if (parent === undefined) {
      throw new TypeError("drain needs a parent, whose cancellation begins it: give the supervisor a parent.");
    }
    this.#drained = parent;
    this.bodyRunning = true; // a body may follow: if the parent is cancelled already, the scope is not closed yet
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

  /** An error of the body that is not a cancellation cancels all tasks, and is thrown (V7). */
  bodyThrew(error: unknown, { scope }: TaskOwner): boolean {
    if (this.#isCut(error)) return true;
    this.add(error);
    cancelAnyway(scope, error);
    return false;
  }

  bodyEnded(): void {
    this.bodyRunning = false;
  }

  /** The error that is thrown: the only one, or a group of all, which is made once. `undefined` if there is none. */
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

  /** Decides the outcome of a run, or of a join (V7): the failures first, then the cancellation of an outer owner. */
  settle({ scope, name, wasCut }: TaskOwner, leftOpen: unknown, isCut: boolean): void {
    const failed = this.failure({ name }, leftOpen);
    if (failed !== undefined) throw failed.error;
    const { reason } = scope;
    if (reason === undefined || !(isCut || wasCut)) return;
    if (reason.scope !== scope || (isCut && this.shutdown === undefined)) throw reason;
  }

  /** Adds an error that is to be thrown, once. */
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

  restarted(): void {
    this.restarts++;
  }

  shutDown(options: ShutdownOptions): Promise<ShutdownReport> {
    const owner = this.#owner!;
    owner.refuse("This Supervisor is shutting down, or has: it accepts no more tasks.");
    let { shutdown } = this;
    let isFirst = false;
    if (shutdown === undefined) {
      const made = new Shutdown(owner, this.#placements, this.resting, options);
      shutdown = this.shutdown ??= made; // looking at the reason, or the clock, may have run code that has begun one
      isFirst = shutdown === made;
    }
    const report = shutdown.request(options, isFirst);
    if (isFirst) {
      observer?.shutdown?.(owner.scope, { phase: "begun", stage: undefined });
      for (const listener of this.#listeners) listener.tell(shutdown.reason.cause);
      this.#listeners.clear();
      shutdown.begin();
    }
    this.closeAfterShutdown();
    return report;
  }

  onShutdown(fn: (reason: unknown) => void): Disposable {
    const listener = new ShutdownListener(fn, this.#listeners);
    if (this.shutdown === undefined) this.#listeners.add(listener);
    else listener.tell(this.shutdown.reason.cause);
    return listener;
  }

  /** Closes the scope when the shutdown is over: no task is left then, and none can come. */
  closeAfterShutdown(): void {
    if (this.shutdown?.isOver !== true || this.bodyRunning) return;
    try {
      this.#owner!.scope.close();
    } catch {
      // Scopes that were left open in it keep it open. `join`, or the end of the parent, fails because of them.
    }
  }

  /**
   * Whether an error of the body is a cancellation: of the supervisor, of the parent that began its drain, or of a task by the shutdown. In a drain,
   * which comes at any time, a refused task counts as one.
   */
  #isCut(error: unknown): boolean {
    const { scope } = this.#owner!;
    if (isCutOf(scope, error)) return true;
    if (this.shutdown === undefined) return false;
    if (error === this.shutdown.reason) return true;
    return this.#drained !== undefined && (this.#refusals.has(error as object) || isCutOf(this.#drained, error));
  }

  /** Tells of a failure (V2), which may be fatal (V8). */
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
