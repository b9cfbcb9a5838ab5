import type { CancelledError, Task } from "@selvage/scope";
import {
  cancelAt,
  cancelFor,
  escapeText,
  makeReason,
  observer,
  reasonOf,
  reportUncaught,
} from "@selvage/scope/internal";
import { Alarm, type ShutdownPhase, type TaskOwner } from "@selvage/scope/lowlevel";
import type { Placements } from "./placement.js";
import { Report } from "./report.js";
import type { ShutdownOptions, ShutdownReport } from "./shutdown-options.js";
import { Stages } from "./stages.js";

/**
 * The one shutdown that all callers share (V4).
 *
 * ```
 * phase           entered when                                   what happens
 * begun           it is requested                                tasks are refused; the listeners of `onShutdown` run
 * a stage's turn  the listeners have run; then whenever only     its tasks may end by themselves, each until its grace is over
 *                 requesters are left in the stage before
 * cancelled       every task has had its turn and is cancelled   the supervisor's scope is cancelled, and with it the body of a run
 * over            no task is left, or the timeout is over        what is left is named and abandoned; the callers get the report
 * ```
 *
 * Every step runs listeners, which may call again. A clock that throws is reported as uncaught and ends the grace: no call fails, and the
 * shutdown comes to its end (C1).
 */
export class Shutdown {
  /** Of the cancellation: one for all that it reaches. */ readonly reason: CancelledError;
  readonly #owner: TaskOwner;
  readonly #placements: Placements;
  readonly #resting: Set<Task<unknown>>;
  readonly #started: number;
  /** What the clock said last. */ #latest = 0;
  /** The grace of a task that has none of its own. */ readonly #grace: number;
  /** When all graces end; later calls bring it nearer. */ #graceEnds = Infinity;
  #hasBegun = false;
  /** The stage whose turn it is, or was last. */ #stage = -1;
  /** Whether stages are being given their turn. */ #isAdvancing = false;
  /** Tasks that have not ended, in order of creation. */ readonly #tasks = new Set<Task<unknown>>();
  /** Those whose turn is still to come. */ readonly #later = new Stages();
  /** Those that have had it, except requesters. */ readonly #awaited = new Set<Task<unknown>>();
  /** Those that are not cancelled. */ readonly #spared = new Set<Task<unknown>>();
  readonly #requesters = new Set<Task<unknown>>();
  /** Abandons what is left when the timeout is over. */ readonly #timeout: Alarm;
  #timeoutAt = Infinity;
  /** Whether that was because every task was cancelled, and not because the timeout is over. */
  #hasCancelledScope = false;
  #isCancelled = false;
  readonly #report = new Report();
  /** How long it took, once it is over. */ #elapsed: number | undefined = undefined;

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

  /** Joins the shutdown. It may shorten the time left, and never lengthens it. */
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
      for (const task of [...this.#spared]) this.#cancelBy(task, this.#graceEnds, now);
    }
    if (this.#hasBegun) this.#limit(now);
    return report;
  }

  /** The listeners have run: the first stage has its turn. */
  begin(): void {
    const { scope } = this.#owner;
    this.#hasBegun = true;
    for (const task of this.#owner) {
      this.#tasks.add(task);
      this.#later.add(task, this.#placements.of(task).stage);
    }
    // The timeout is also a deadline of the scope. A task may see that it has passed before the alarm fires, and what ends before that would not be
    // named. The microtask comes before those in which the tasks end.
    attempt(() =>
      scope.onCancel((reason) => {
        if (reason !== this.reason || this.#hasCancelledScope) return;
        queueMicrotask(() => {
          this.#abandon();
        });
      }),
    );
    this.#limit(this.#now());
  }

  /** Whether every task has ended or was abandoned. */
  get isOver(): boolean {
    return this.#elapsed !== undefined;
  }

  /** Whether a task has had its turn: then it is not started again. */
  hasReached(task: Task<unknown>): boolean {
    return this.#placements.of(task).stage <= this.#stage;
  }

  /** Counts a task that has ended and has left its owner. It comes before `onError`, which may begin or end a shutdown. */
  count(task: Task<unknown>): void {
    if (this.#elapsed === undefined) this.#report.count(task.status);
    this.#remove(task);
  }

  /** Takes the steps for which nothing is left to wait, and answers the callers for whom nothing is. */
  update(): void {
    this.#nextStages();
    if (this.#spared.size === 0 && this.#later.isEmpty) this.#cancelScope();
    if (this.#owner.size === 0 && this.#elapsed === undefined) this.#end();
    if (this.#owner.size > this.#requesters.size) return;
    this.#report.settle(this.#owner.size === 0, () => this.#elapsed ?? this.#now() - this.#started);
  }

  /** The time. If the clock throws, nothing that has its turn from then on has any grace. */
  #now(): number {
    try {
      this.#latest = this.#owner.scope.clock.now();
    } catch (error) {
      reportUncaught(error);
      this.#graceEnds = -Infinity;
    }
    return this.#latest;
  }

  /** Limits the whole. */
  #limit(now: number): void {
    if (this.#elapsed === undefined && this.#timeoutAt !== Infinity) {
      // Also if it is as before: it may have passed, and its timer may not have fired.
      const isSet = attempt(() => this.#timeout.set(this.#timeoutAt, now));
      // For a busy task, whose loop keeps the timer from firing, and for `effectiveDeadline` (S9).
      if (isSet) attempt(() => cancelAt(this.#owner.scope, this.#timeoutAt, this.reason));
      else this.#abandon(); // it may have no timer
    }
    this.update();
  }

  /** Gives the next stages their turn, until there is something to wait for. */
  #nextStages(): void {
    if (this.#isAdvancing) return; // a listener has called: the loop goes on, one stage after the other
    this.#isAdvancing = true;
    while (this.#awaited.size === 0) {
      const next = this.#later.take();
      if (next === undefined) break;
      this.#stage = next.stage;
      this.#notify("stage");
      const now = this.#now();
      for (const task of next.tasks) {
        this.#spared.add(task);
        if (!this.#requesters.has(task)) this.#awaited.add(task);
      }
      for (const task of next.tasks) this.#takesTurn(task, now); // last: it runs listeners
    }
    this.#isAdvancing = false;
  }

  #takesTurn(task: Task<unknown>, now: number): void {
    const grace = this.#resting.has(task) ? 0 : (this.#placements.of(task).grace ?? this.#grace);
    const when = Math.min(now + grace, this.#graceEnds);
    const isListening =
      when > now &&
      attempt(() => {
        task.scope.onCancel(() => {
          this.#spared.delete(task);
          this.update();
        });
      });
    this.#cancelBy(task, isListening ? when : now, now);
  }

  /** Cancels a task at a time, by a deadline of its scope, so that a busy task sees it (S9). */
  #cancelBy(task: Task<unknown>, when: number, now: number): void {
    // If its deadline cannot be set, it has no grace.
    if (when > now && attempt(() => cancelAt(task.scope, when, this.reason))) return;
    this.#spared.delete(task);
    cancelFor(task.scope, this.reason);
  }

  #cancelScope(): void {
    const { scope } = this.#owner;
    if (reasonOf(scope) === undefined) this.#hasCancelledScope = true; // this checks the clock: the timeout may have passed
    if (!this.#isCancelled) this.#notify("cancelled");
    this.#isCancelled = true;
    cancelFor(scope, this.reason);
  }

  /** Notifies observers of a step (N2). */
  #notify(phase: ShutdownPhase): void {
    observer?.shutdown?.(this.#owner.scope, { phase, stage: phase === "stage" ? this.#stage : undefined });
  }

  #abandon(): void {
    this.#cancelScope();
    for (const task of [...this.#tasks]) {
      if (task.done) continue; // it is just ending
      this.#report.addAbandoned(escapeText(task.name, 100));
      this.#remove(task);
      this.#resting.delete(task); // it no longer counts
      this.#owner.abandon(task);
    }
  }

  #remove(task: Task<unknown>): void {
    this.#tasks.delete(task);
    this.#later.delete(task, this.#placements.of(task).stage);
    this.#requesters.delete(task);
    this.#awaited.delete(task);
    this.#spared.delete(task);
  }

  #end(): void {
    this.#elapsed = this.#now() - this.#started;
    attempt(() => this.#timeout.clear());
    this.#cancelScope(); // and with it the body of a run, which no shutdown waits for
    this.#notify("over");
  }
}

/** Whether a step could be taken that uses the clock. What the clock throws is reported. */
function attempt(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    reportUncaught(error);
    return false;
  }
}
