import type { CancelScope, Task } from "@selvage/scope";
import {
  cancelAnyway,
  reasonOf,
  checkFunction,
  checkOptions,
  type OwnedFailure,
  quoteName,
  reportUncaught,
  type TaskPolicy,
  type TaskSet,
} from "@selvage/scope/lowlevel";
import { count, type Counts, noCounts } from "./counts.js";
import { Shutdown, type ShutdownOptions, type ShutdownReport } from "./shutdown.js";
import type { SupervisorOptions } from "./supervisor-options.js";

/** What the ends of tasks mean to a supervisor, and what it is to throw: the policy of its set. */
export class Supervision implements TaskPolicy {
  readonly counts: Counts = noCounts();
  /** What `run` or `join` is to throw, in order of arrival: the body's error, a fatal one. Never more than a few. */
  readonly failures: OwnedFailure[] = [];
  /** Scopes of tasks that wait to be restarted. */ readonly resting: Set<CancelScope> = new Set<CancelScope>();
  /** Whether an outer owner, or a cancel that is no shutdown, has cut a task short. */ childCut = false;
  bodyRunning = false;
  shutdown: Shutdown | undefined = undefined;
  readonly #onError: SupervisorOptions["onError"];
  readonly #isFatal: SupervisorOptions["isFatal"];
  #fatal = false;

  constructor(options: SupervisorOptions) {
    checkOptions(options);
    const { onError, isFatal } = options;
    if (onError !== undefined) checkFunction(onError, "onError");
    if (isFatal !== undefined) checkFunction(isFatal, "isFatal");
    this.#onError = onError;
    this.#isFatal = isFatal;
  }

  taskEnded(task: Task<unknown>, set: TaskSet): void {
    count(this.counts, task.status);
    this.shutdown?.count(task);
    if (task.status === "rejected") this.failed(task.exception(), task, set);
    else if (task.status === "cancelled") this.childCut ||= task.scope.reason === reasonOf(set.scope);
    this.shutdown?.update();
  }

  emptied(set: TaskSet): void {
    this.shutdown?.update();
    this.closeAfterShutdown(set);
  }

  /** Adds an error that is to be thrown, once. */
  add(error: unknown, task?: string): void {
    if (!this.failures.some((failure) => Object.is(failure.error, error))) this.failures.push({ error, task });
  }

  /** Tells of a failure (V2), which may be fatal (V8). */
  failed(error: unknown, task: Task<unknown>, set: TaskSet): void {
    let isFatal: boolean | undefined = false;
    try {
      if (this.#onError === undefined) print(error, task, set.scope);
      else this.#onError.call(undefined, error, task);
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
    void this.shutDown(set, { reason: error });
  }

  shutDown(set: TaskSet, options: ShutdownOptions): Promise<ShutdownReport> {
    set.refuse("This Supervisor is shutting down, or has: it accepts no more tasks.");
    this.shutdown ??= new Shutdown(set, options.reason ?? "shutdown");
    for (const scope of this.resting) cancelAnyway(scope, this.shutdown.reason);
    const report = this.shutdown.request(options);
    this.closeAfterShutdown(set);
    return report;
  }

  /** After a shutdown nothing is left to own. What was left open in the scope keeps it open, for `join` or the parent to complain of. */
  closeAfterShutdown({ scope, size }: TaskSet): void {
    if (this.shutdown === undefined || size > 0 || this.bodyRunning) return;
    try {
      scope.close();
    } catch {
      return;
    }
  }
}

function print(error: unknown, task: Task<unknown>, { name }: CancelScope): void {
  const owner = name === undefined ? "a supervisor" : `supervisor ${quoteName(name)}`;
  console.error(`Task ${quoteName(task.name)} of ${owner} failed:`, error);
}
