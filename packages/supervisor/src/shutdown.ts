import { CancelScope, type Task } from "@selvage/scope";
import {
  cancelAnyway,
  cancelAt,
  checkOptions,
  checkTime,
  type Deferred,
  deferred,
  escapeText,
  keepAlive,
  moveDeadline,
  type TaskSet,
} from "@selvage/scope/lowlevel";
import { count, type Counts, noCounts } from "./counts.js";

/** How a supervisor is shut down. */
export interface ShutdownOptions {
  /** How long tasks may go on to end by themselves, in milliseconds, before they are cancelled. Default: 0. */
  readonly grace?: number | undefined;
  /** How long the whole may take, in milliseconds; tasks left then are abandoned. Default: as long as they need. */
  readonly timeout?: number | undefined;
  /** The reason of the cancellation. Default: "shutdown". */
  readonly reason?: unknown;
  /** The scope of the task that calls, or one below it: such a task is not waited for by any caller that says so. */
  readonly requestedBy?: CancelScope | undefined;
}

/** What a shutdown came to, counted since it began. */
export interface ShutdownReport {
  /** How many tasks returned. */
  readonly completed: number;
  /** How many tasks failed; `onError` was told of each. */
  readonly failed: number;
  /** How many tasks were cancelled and have ended. */
  readonly cancelled: number;
  /** The names of the tasks that had not ended when the time was up. */
  readonly abandoned: readonly string[];
  /** How long it took, in milliseconds. */
  readonly elapsed: number;
}

/** Checks the options of a shutdown before it changes anything. */
export function checkShutdown(options: ShutdownOptions): void {
  checkOptions(options);
  const { grace, timeout, requestedBy } = options;
  if (grace !== undefined) checkTime(grace, "The grace of a shutdown");
  if (timeout !== undefined) checkTime(timeout, "The timeout of a shutdown");
  if (requestedBy !== undefined && !(requestedBy instanceof CancelScope)) {
    throw new TypeError("requestedBy must be the CancelScope of the task that requests the shutdown.");
  }
}

/**
 * The one shutdown that all callers share (V4).
 *
 * ```
 * phase      entered when                                what happens
 * draining   it is requested                             no task is accepted; tasks may end by themselves
 * cancelled  the grace is over, or no task is left       the supervisor's scope is cancelled, and with it the body of a run
 * over       no task is left, or the timeout is over     what is left is named and abandoned; everyone is told
 * ```
 */
export class Shutdown {
  /** Of the cancellation. */ readonly reason: unknown;
  readonly #set: TaskSet;
  readonly #started: number;
  /** An alarm on the supervisor's clock. */
  readonly #timeout: CancelScope;
  readonly #requesters = new Set<Task<unknown>>();
  readonly #abandoned: string[] = [];
  readonly #counts: Counts = noCounts();
  /** How long it took, once it is over. */ #elapsed: number | undefined = undefined;
  /** Told when nobody but requesters is left. */ #othersEnded: Deferred<ShutdownReport> | undefined = undefined;
  /** Told when nobody is left. */ #allEnded: Deferred<ShutdownReport> | undefined = undefined;

  constructor(set: TaskSet, reason: unknown) {
    const { clock } = set.scope;
    this.#set = set;
    this.reason = reason;
    this.#started = clock.now();
    this.#timeout = new CancelScope({ parent: null, clock });
    keepAlive(this.#timeout);
    this.#timeout.onCancel(() => {
      this.#abandon();
    });
  }

  /** Joins the shutdown: may shorten the time left, never lengthens it. */
  request({ grace = 0, timeout = Infinity, requestedBy }: ShutdownOptions): Promise<ShutdownReport> {
    const requester = requestedBy === undefined ? undefined : this.#set.taskOf(requestedBy);
    if (requester !== undefined) this.#requesters.add(requester);
    const ended = requester === undefined ? (this.#allEnded ??= deferred()) : (this.#othersEnded ??= deferred());
    const { scope } = this.#set;
    const now = scope.clock.now();
    // A deadline of the scope, so that a busy task sees it, too (S9).
    if (grace !== Infinity && this.#elapsed === undefined) cancelAt(scope, now + grace, this.reason);
    const alarm = this.#timeout;
    // Checked again: cancelling runs listeners, and one may have ended the shutdown. So may the timeout, if it has passed unnoticed.
    if (!alarm.cancelled && this.#elapsed === undefined) {
      moveDeadline(alarm, Math.min(alarm.deadline, now + timeout), now);
    }
    this.update();
    return ended.promise;
  }

  /** Counts a task that has ended, and no longer belongs to the set: before anyone is told of it, who may begin or end a shutdown. */
  count(task: Task<unknown>): void {
    this.#requesters.delete(task);
    if (this.#elapsed === undefined) count(this.#counts, task.status);
  }

  /** Tells those who wait for no more than is over by now. */
  update(): void {
    if (this.#set.size === 0 && this.#elapsed === undefined) this.#end();
    if (this.#set.size > this.#requesters.size) return;
    this.#othersEnded?.resolve(this.#report());
    this.#othersEnded = undefined;
    if (this.#set.size > 0) return;
    this.#allEnded?.resolve(this.#report());
    this.#allEnded = undefined;
  }

  #cancel(): void {
    cancelAnyway(this.#set.scope, this.reason);
  }

  #abandon(): void {
    this.#cancel();
    for (const task of this.#set) {
      this.#abandoned.push(escapeText(task.name, 100));
      this.#requesters.delete(task);
      this.#set.abandon(task);
    }
  }

  #end(): void {
    this.#elapsed = this.#set.scope.clock.now() - this.#started;
    this.#timeout.close();
    this.#cancel(); // the body of a run, which no shutdown waits for
  }

  #report(): ShutdownReport {
    return {
      ...this.#counts,
      abandoned: [...this.#abandoned],
      elapsed: this.#elapsed ?? this.#set.scope.clock.now() - this.#started,
    };
  }
}
