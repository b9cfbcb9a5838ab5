import { type CancelledError, CancelScope, type Task } from "@selvage/scope";
import {
  cancelAt,
  cancelFor,
  type Deferred,
  deferred,
  escapeText,
  keepAlive,
  makeReason,
  moveDeadline,
  reportUncaught,
  type TaskSet,
} from "@selvage/scope/lowlevel";
import { count, type Counts, noCounts } from "./counts.js";
import type { Placements } from "./placement.js";
import type { ShutdownOptions, ShutdownReport } from "./shutdown-options.js";

/**
 * The one shutdown that all callers share (V4).
 *
 * ```
 * phase           entered when                                   what happens
 * begun           it is requested                                no task is accepted; listeners are told
 * a stage's turn  they have been told; then whenever only        its tasks may end by themselves, each until its grace is over
 *                 requesters are left in the stage before
 * cancelled       every task has had its turn and is cancelled   the supervisor's scope is cancelled, and with it the body of a run
 * over            no task is left, or the timeout is over        what is left is named and abandoned; everyone is told
 * ```
 */
export class Shutdown {
  /** Of the cancellation: one for all that it reaches. */ readonly reason: CancelledError;
  readonly #set: TaskSet;
  readonly #placements: Placements;
  readonly #resting: Set<CancelScope>;
  readonly #started: number;
  /** What a task has that does not say. */ readonly #grace: number;
  /** From when on nothing has any grace; later calls bring it nearer. */ #graceEnds = Infinity;
  /** Whether the listeners have been told. */ #hasBegun = false;
  /** The stage whose turn it is, or was last. */ #stage = -1;
  /** Tasks that have had their turn. */ readonly #reached = new Set<Task<unknown>>();
  /** Those without requesters: the next stage waits for them. */
  readonly #awaited = new Set<Task<unknown>>();
  /** Those that are not cancelled. */ readonly #spared = new Set<Task<unknown>>();
  readonly #requesters = new Set<Task<unknown>>();
  /** An alarm on the supervisor's clock. */ readonly #timeout: CancelScope;
  #timeoutAt = Infinity;
  readonly #abandoned: string[] = [];
  readonly #counts: Counts = noCounts();
  /** How long it took, once it is over. */ #elapsed: number | undefined = undefined;
  /** Told when nobody but requesters is left. */ #othersEnded: Deferred<ShutdownReport> | undefined = undefined;
  /** Told when nobody is left. */ #allEnded: Deferred<ShutdownReport> | undefined = undefined;

  constructor(set: TaskSet, placements: Placements, resting: Set<CancelScope>, options: ShutdownOptions) {
    const { clock } = set.scope;
    const { grace = 0, reason = "shutdown" } = options;
    this.#set = set;
    this.#placements = placements;
    this.#resting = resting;
    this.#grace = grace;
    this.reason = makeReason(set.scope, reason);
    this.#started = clock.now();
    this.#timeout = new CancelScope({ parent: null, clock });
    keepAlive(this.#timeout);
    this.#timeout.onCancel(() => {
      this.#abandon();
    });
  }

  /** Joins the shutdown: may shorten the time left, never lengthens it. */
  request({ grace = 0, timeout = Infinity, requestedBy }: ShutdownOptions, isFirst: boolean): Promise<ShutdownReport> {
    const requester = requestedBy === undefined ? undefined : this.#set.taskOf(requestedBy);
    if (requester !== undefined) {
      this.#requesters.add(requester);
      this.#awaited.delete(requester);
    }
    const ended = requester === undefined ? (this.#allEnded ??= deferred()) : (this.#othersEnded ??= deferred());
    const now = this.#set.scope.clock.now();
    this.#timeoutAt = Math.min(this.#timeoutAt, now + timeout);
    if (!isFirst && now + grace < this.#graceEnds) {
      this.#graceEnds = now + grace;
      for (const task of [...this.#spared]) this.#cancelBy(task, this.#graceEnds, now);
    }
    if (this.#hasBegun) this.#limit(now);
    return ended.promise;
  }

  /** All listeners have been told: the first stage has its turn. */
  begin(): void {
    this.#hasBegun = true;
    this.#limit(this.#set.scope.clock.now());
  }

  /** Whether every task has ended or was abandoned. */
  get isOver(): boolean {
    return this.#elapsed !== undefined;
  }

  /** Whether a task has had its turn: then it is not started again. */
  hasReached(task: Task<unknown>): boolean {
    return this.#placements.of(task).stage <= this.#stage;
  }

  /** Counts a task that has ended, and no longer belongs to the set: before anyone is told of it, who may begin or end a shutdown. */
  count(task: Task<unknown>): void {
    if (this.#elapsed === undefined) count(this.#counts, task.status);
    this.#remove(task);
  }

  /** Goes on where nothing is left to wait for, and tells those who wait for no more than is over by now. */
  update(): void {
    if (!this.#hasBegun) return;
    this.#nextStages();
    if (this.#spared.size === 0 && this.#reached.size === this.#set.size) this.#cancelScope();
    if (this.#set.size === 0 && this.#elapsed === undefined) this.#end();
    if (this.#set.size > this.#requesters.size) return;
    this.#othersEnded?.resolve(this.#report());
    this.#othersEnded = undefined;
    if (this.#set.size > 0) return;
    this.#allEnded?.resolve(this.#report());
    this.#allEnded = undefined;
  }

  /** Limits the whole. */
  #limit(now: number): void {
    // Cancelling runs listeners, one of which may have ended the shutdown. So may the timeout, if it has passed unnoticed.
    const alarm = this.#timeout;
    if (!alarm.cancelled && this.#elapsed === undefined) {
      moveDeadline(alarm, Math.min(alarm.deadline, this.#timeoutAt), now);
      // For a busy task, which sees no alarm, and for `effectiveDeadline` (S9).
      if (this.#timeoutAt !== Infinity) cancelAt(this.#set.scope, this.#timeoutAt, this.reason);
    }
    this.update();
  }

  /** Gives the next stages their turn, until there is something to wait for. */
  #nextStages(): void {
    while (this.#reached.size < this.#set.size && this.#awaited.size === 0) {
      const { next, tasks } = this.#lowestStage();
      if (tasks.length === 0) return; // what is left is just ending
      this.#stage = next;
      const now = this.#set.scope.clock.now();
      for (const task of tasks) {
        this.#reached.add(task);
        this.#spared.add(task);
        if (!this.#requesters.has(task)) this.#awaited.add(task);
      }
      for (const task of tasks) this.#takesTurn(task, now); // last: it runs listeners
    }
  }

  /** The tasks of the lowest of the stages to come. */
  #lowestStage(): { next: number; tasks: Task<unknown>[] } {
    let next = Infinity;
    let tasks: Task<unknown>[] = [];
    for (const task of this.#set) {
      const { stage } = this.#placements.of(task);
      if (stage <= this.#stage || stage > next) continue;
      if (stage < next) tasks = [];
      next = stage;
      tasks.push(task);
    }
    return { next, tasks };
  }

  #takesTurn(task: Task<unknown>, now: number): void {
    const grace = this.#resting.has(task.scope) ? 0 : (this.#placements.of(task).grace ?? this.#grace);
    this.#cancelBy(task, Math.min(now + grace, this.#graceEnds), now);
    if (!this.#spared.has(task)) return;
    task.scope.onCancel(() => {
      this.#spared.delete(task);
      this.update();
    });
  }

  /** Sees to it that a task is cancelled at a time: by a deadline of its scope, so that a busy task sees it, too (S9). */
  #cancelBy(task: Task<unknown>, when: number, now: number): void {
    if (when === Infinity) return;
    try {
      if (when > now) cancelAt(task.scope, when, this.reason);
    } catch (error) {
      reportUncaught(error); // a clock that throws: without a deadline the task has no grace
      when = now;
    }
    if (when > now) return;
    this.#spared.delete(task);
    cancelFor(task.scope, this.reason);
  }

  #cancelScope(): void {
    cancelFor(this.#set.scope, this.reason);
  }

  #abandon(): void {
    this.#cancelScope();
    for (const task of this.#set) {
      this.#abandoned.push(escapeText(task.name, 100));
      this.#remove(task);
      this.#resting.delete(task.scope);
      this.#set.abandon(task);
    }
  }

  /** A task has ended, or is waited for no more. */
  #remove(task: Task<unknown>): void {
    this.#reached.delete(task);
    this.#requesters.delete(task);
    this.#awaited.delete(task);
    this.#spared.delete(task);
  }

  #end(): void {
    this.#elapsed = this.#set.scope.clock.now() - this.#started;
    this.#timeout.close();
    this.#cancelScope(); // and with it the body of a run, which no shutdown waits for
  }

  #report(): ShutdownReport {
    return {
      ...this.#counts,
      abandoned: [...this.#abandoned],
      elapsed: this.#elapsed ?? this.#set.scope.clock.now() - this.#started,
    };
  }
}
