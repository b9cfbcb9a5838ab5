import type { CancelledError, Task } from "@selvage/scope";
import { cancelAt, cancelFor, escapeText, makeReason, observer, reasonOf } from "@selvage/scope/internal";
import { Alarm, type ShutdownPhase, type TaskOwner } from "@selvage/scope/lowlevel";
import { attempt } from "./attempt.js";
import type { Placements } from "./placement.js";
import { Report } from "./report.js";
import type { ShutdownOptions, ShutdownReport } from "./shutdown-options.js";
import { Stages } from "./stages.js";

/**
 * The one shutdown that all callers share (V4).
 *
 * ```
 * phase           entered when                                   what happens
 * begun           it is requested                                `createTask` throws; the listeners of `onShutdown` run
 * a stage's turn  the listeners have run; then whenever only     its tasks may end by themselves, each until its grace is over
 *                 requesters are left in the previous stage
 * cancelled       every task has had its turn and is cancelled   the supervisor's scope is cancelled, and with it the body of a run
 * over            no task is left, or the timeout is over        tasks that are left are named and abandoned; the callers get the report
 * ```
 *
 * Every step runs listeners, which may call again. If the clock throws, the error is reported as uncaught, and the grace ends. No call fails
 * because of it, and the shutdown is completed (C1).
 */
export class Shutdown {
  /** The reason of the cancellation. Everything that it reaches has this instance. */
  readonly reason: CancelledError;
  readonly #owner: TaskOwner;
  readonly #placements: Placements;
  /** The tasks that wait to restart. */
  readonly #resting: Set<Task<unknown>>;
  /** When the shutdown began. */
  readonly #started: number;
  /** The latest time that the clock returned. */
  #latest = 0;
  /** The grace of tasks that do not have their own. */
  readonly #grace: number;
  /** When every grace ends at the latest; `Infinity` until a later call limits it. It never becomes later. */
  #graceEnds = Infinity;
  /** Whether the listeners of `onShutdown` have run. */
  #hasBegun = false;
  /** The latest stage that has had its turn; -1 before the first. */
  #stage = -1;
  /** Whether `#nextStages` is running. */
  #isAdvancing = false;
  /** Whether the timeout is over, and the tasks that are left are not named yet. Meanwhile no caller gets the report. */
  #isExpiring = false;
  /** The tasks that have not ended, in order of creation. */
  readonly #tasks = new Set<Task<unknown>>();
  /** The stages that have not had their turn. */
  readonly #later = new Stages();
  /** The tasks whose stage has had its turn, except requesters. The next stage waits until it is empty. */
  readonly #awaited = new Set<Task<unknown>>();
  /** The tasks whose stage has had its turn and that are not cancelled. */
  readonly #uncancelled = new Set<Task<unknown>>();
  /** The tasks that requested the shutdown. */
  readonly #requesters = new Set<Task<unknown>>();
  /** Abandons the tasks that are left when the timeout is over. */
  readonly #timeout: Alarm;
  /** When the timeout is over; `Infinity` without one. It never becomes later. */
  #timeoutAt = Infinity;
  /** Whether the phase "cancelled" has come. */
  #isCancelled = false;
  /** Whether the scope was cancelled because every task had been, and not because the timeout is over. */
  #hasCancelledScope = false;
  readonly #report = new Report();
  /** How long the shutdown took; `undefined` until it is over. */
  #elapsed: number | undefined = undefined;

  constructor(owner: TaskOwner, placements: Placements, resting: Set<Task<unknown>>, options: ShutdownOptions) {
    const { grace = 0, reason = "shutdown" } = options;
    this.#owner = owner;
    this.#placements = placements;
    this.#resting = resting;
    this.#grace = grace;
    this.reason = makeReason(owner.scope, reason);
    this.#started = this.#now();
    this.#timeout = new Alarm(this.#abandon.bind(this), { clock: owner.scope.clock, keepAlive: true });
  }

  /** Joins the shutdown. The call may shorten the time left, but never lengthens it. */
  request({ grace = 0, timeout = Infinity, requestedBy }: ShutdownOptions, isFirst: boolean): Promise<ShutdownReport> {
    const requester = requestedBy === undefined ? undefined : this.#owner.taskOf(requestedBy);
    if (requester !== undefined) {
      this.#requesters.add(requester);
      this.#awaited.delete(requester);
    }
    const report = this.#report.promise(requester !== undefined);
    const before = this.#graceEnds;
    const now = this.#now();
    this.#timeoutAt = Math.min(this.#timeoutAt, now + timeout);
    if (!isFirst) this.#graceEnds = Math.min(this.#graceEnds, now + grace);
    if (this.#graceEnds < before) {
      for (const task of [...this.#uncancelled]) this.#cancelBy(task, this.#graceEnds, now);
    }
    if (this.#hasBegun) this.#limit(now);
    return report;
  }

  /** Begins the first stage. Called when the listeners have run. */
  begin(): void {
    const { scope } = this.#owner;
    this.#hasBegun = true;
    for (const task of this.#owner) {
      this.#tasks.add(task);
      this.#later.add(task, this.#placements.of(task).stage);
    }
    // The timeout is also a deadline of the scope. A task may notice it before the alarm fires. Tasks that end because of that must be named too, so
    // they are abandoned in a microtask, which runs before those in which they end.
    attempt(() =>
      scope.onCancel((reason) => {
        if (reason !== this.reason || this.#hasCancelledScope) return;
        this.#isExpiring = true;
        queueMicrotask(this.#abandon.bind(this));
      }),
    );
    this.#limit(this.#now());
  }

  /** Whether every task has ended or was abandoned. */
  get isOver(): boolean {
    return this.#elapsed !== undefined;
  }

  /** Whether the stage of a task has had its turn. Then the task is not started again. */
  hasReached(task: Task<unknown>): boolean {
    return this.#placements.of(task).stage <= this.#stage;
  }

  /** Counts a task that has ended and has left its owner. Called before `onError`, which may begin or end a shutdown. */
  count(task: Task<unknown>): void {
    if (this.#elapsed === undefined) this.#report.count(task.status);
    this.#remove(task);
  }

  /** Takes every step that need not wait any longer, and resolves the promises of callers for which nothing is left to wait. */
  update(): void {
    if (this.#isExpiring) return;
    this.#nextStages();
    if (this.#uncancelled.size === 0 && this.#later.isEmpty) this.#cancelScope();
    if (this.#owner.size === 0 && this.#elapsed === undefined) this.#end();
    if (this.#owner.size > this.#requesters.size) return;
    this.#report.settle(this.#owner.size === 0, () => this.#elapsed ?? this.#now() - this.#started);
  }

  /** Returns the time. If the clock throws, it returns the latest known time, and stages that have their turn later get no grace. */
  #now(): number {
    if (!attempt(() => (this.#latest = this.#owner.scope.clock.now()))) this.#graceEnds = -Infinity;
    return this.#latest;
  }

  /** Sets the timeout of the whole shutdown, and takes the next steps. */
  #limit(now: number): void {
    if (this.#elapsed === undefined && this.#timeoutAt !== Infinity) {
      // Set even if it has not changed, because it may have passed without its timer having fired.
      const isSet = attempt(() => this.#timeout.set(this.#timeoutAt, now));
      // Also a deadline of the scope, for a task that blocks the event loop and so the timer, and for `effectiveDeadline` (S9).
      if (isSet) attempt(() => cancelAt(this.#owner.scope, this.#timeoutAt, this.reason));
      else this.#abandon(); // the alarm may have no timer
    }
    this.update();
  }

  /** Gives the next stages their turn, one after the other, until there is a task to wait for. */
  #nextStages(): void {
    if (this.#isAdvancing) return; // called by a listener: the running loop continues
    this.#isAdvancing = true;
    while (this.#awaited.size === 0) {
      const next = this.#later.take();
      if (next === undefined) break;
      this.#stage = next.stage;
      this.#notify("stage");
      const now = this.#now();
      for (const task of next.tasks) {
        this.#uncancelled.add(task);
        if (!this.#requesters.has(task)) this.#awaited.add(task);
      }
      for (const task of next.tasks) this.#giveTurn(task, now); // last, because it runs listeners
    }
    this.#isAdvancing = false;
  }

  /** Lets a task end by itself during its grace, and cancels it then. */
  #giveTurn(task: Task<unknown>, now: number): void {
    const grace = this.#resting.has(task) ? 0 : (this.#placements.of(task).grace ?? this.#grace);
    const when = Math.min(now + grace, this.#graceEnds);
    const isListening =
      when > now &&
      attempt(() => {
        task.scope.onCancel(() => {
          this.#uncancelled.delete(task);
          this.update();
        });
      });
    this.#cancelBy(task, isListening ? when : now, now);
  }

  /** Cancels a task at a given time. It uses a deadline of the task's scope, so that a task that blocks the event loop notices it (S9). */
  #cancelBy(task: Task<unknown>, when: number, now: number): void {
    // If the deadline cannot be set, the task gets no grace.
    if (when > now && attempt(() => cancelAt(task.scope, when, this.reason))) return;
    this.#uncancelled.delete(task);
    cancelFor(task.scope, this.reason);
  }

  /** Cancels the supervisor's scope. */
  #cancelScope(): void {
    const { scope } = this.#owner;
    if (reasonOf(scope) === undefined) this.#hasCancelledScope = true; // checks the clock: the timeout may have passed
    const isFirst = !this.#isCancelled;
    this.#isCancelled = true; // first, because an observer may call this again
    if (isFirst) this.#notify("cancelled");
    cancelFor(scope, this.reason);
  }

  /** Notifies observers of a phase (N2). */
  #notify(phase: ShutdownPhase): void {
    observer?.shutdown?.(this.#owner.scope, { phase, stage: phase === "stage" ? this.#stage : undefined });
  }

  /** Abandons the tasks that are left, because the timeout is over. */
  #abandon(): void {
    this.#isExpiring = true;
    this.#cancelScope(); // runs listeners, which may call this again
    const left = [...this.#tasks].filter((task) => !task.done); // without a task that is just ending
    for (const task of left) {
      this.#report.addAbandoned(escapeText(task.name, 100));
      this.#remove(task);
      this.#resting.delete(task); // an abandoned task no longer counts
    }
    this.#isExpiring = false;
    for (const task of left) this.#owner.abandon(task);
    this.update();
  }

  #remove(task: Task<unknown>): void {
    this.#tasks.delete(task);
    this.#later.delete(task, this.#placements.of(task).stage);
    this.#requesters.delete(task);
    this.#awaited.delete(task);
    this.#uncancelled.delete(task);
  }

  #end(): void {
    this.#elapsed = this.#now() - this.#started;
    attempt(() => this.#timeout.clear());
    this.#cancelScope(); // and with it the body of a `run`, for which no shutdown waits
    this.#notify("over");
  }
}
