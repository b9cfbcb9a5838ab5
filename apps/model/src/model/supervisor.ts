import { type Fault, type Outcome, textOf } from "./fault.js";
import { Failures } from "./failures.js";
import { Owner, type Task } from "./owner.js";
import { Undecided } from "./undecided.js";
import type { Scope } from "./tree.js";

/** What a shutdown reports (V5). */
interface Report {
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly abandoned: readonly string[];
  readonly elapsed: number;
}

/** Somebody who waits for a shutdown. */
export interface Waiter {
  report: Report | undefined;
}

interface Shutdown {
  readonly started: number;
  readonly counts: { fulfilled: number; rejected: number; cancelled: number };
  readonly requesters: Set<Task>;
  readonly abandoned: string[];
  timeoutEnds: number;
  elapsed: number | undefined;
  /** Of the cancellation. */ readonly reason: Fault | string;
  /** Whether the body of the run had ended when it began. */ readonly afterBody: boolean;
  /** Who waits for all but requesters. */ others: Waiter[];
  all: Waiter[];
}

/** A supervisor of the model: V1, V2, V4, V5, V6, V7, V8. */
export class Supervisor extends Owner {
  #shutdown: Shutdown | undefined;
  /** The body's, and the first that was fatal (V8). */ readonly #failures = new Failures();
  #isFatal = false;
  #abandonedCut = false;
  readonly #fatal: boolean;

  /** @param fatal - Whether every failure is fatal. */
  constructor(fatal: boolean, ...owned: ConstructorParameters<typeof Owner>) {
    super(...owned);
    this.#fatal = fatal;
  }

  get refusal(): Fault | undefined {
    return this.#shutdown === undefined ? undefined : { kind: "closed" };
  }

  protected override bodyFailed(fault: Fault): void {
    this.#failures.add({ fault, at: this.agenda.now, ofBody: true });
    this.tree.cancel(this.scope, fault);
  }

  protected override taskDone(task: Task): void {
    const { status, outcome } = task;
    const shutdown = this.#shutdown;
    shutdown?.requesters.delete(task);
    if (shutdown?.elapsed === undefined && shutdown !== undefined) shutdown.counts[status!]++;
    if (status === "rejected") {
      const { fault } = outcome as { fault: Fault };
      this.agenda.mustCome(this.id, "told", `${task.id} ! ${textOf(fault)}`);
      if (this.#fatal) this.#failFatally(fault, task);
    } else if (status === "cancelled") {
      const isCut = task.scope.reason === this.scope.reason;
      if (task.abandoned) this.#abandonedCut ||= isCut;
      else this.childCut ||= isCut;
    }
    this.#update();
  }

  protected override emptied(): void {
    this.#update();
  }

  override outcomes(): Outcome[] {
    const { reason } = this.scope;
    if (!this.#failures.isEmpty) {
      return this.#failures.orders().map((members) => ({
        fault: members.length === 1 ? members[0]! : { kind: "group", members },
      }));
    }
    const value = this.bodyCut ? { value: undefined } : this.body!;
    const isOuter = reason !== undefined && reason.owner !== this.scope;
    if (isOuter && (this.bodyCut || this.childCut)) return [{ fault: reason }];
    // V4 and V7 leave open whether a task that was waited for no more counts as cut.
    if (isOuter && this.#abandonedCut) return [value, { fault: reason }];
    if (!this.bodyCut) return [value];
    if (this.#shutdown === undefined) return [{ fault: reason! }];
    // Cancelled, and shut down only after that had cut the body: V7 leaves open which of the two it was.
    return this.#shutdown.afterBody ? [value, { fault: reason! }] : [value];
  }

  /** V4. All callers share one shutdown, and may shorten the time left. */
  shutDown(grace: number, timeout: number, caller?: Scope, reason: Fault | string = "shutdown"): Waiter {
    const { now } = this.agenda;
    const shutdown = (this.#shutdown ??= {
      started: now,
      reason,
      counts: { fulfilled: 0, rejected: 0, cancelled: 0 },
      requesters: new Set(),
      abandoned: [],
      timeoutEnds: Infinity,
      elapsed: undefined,
      afterBody: this.body !== undefined,
      others: [],
      all: [],
    });
    const waiter: Waiter = { report: undefined };
    const requester = this.taskAround(caller);
    if (requester !== undefined) shutdown.requesters.add(requester);
    (requester === undefined ? shutdown.all : shutdown.others).push(waiter);
    if (shutdown.elapsed === undefined) {
      this.tree.cancelAt(this.scope, now + grace, shutdown.reason);
      shutdown.timeoutEnds = Math.min(shutdown.timeoutEnds, now + timeout);
      if (shutdown.timeoutEnds <= now) this.abandonAll();
    }
    this.#update();
    return waiter;
  }

  /** The time is up: what is left is cancelled, named, and waited for no more. */
  abandonAll(): void {
    this.tree.cancel(this.scope, this.#shutdown!.reason);
    for (const task of [...this.tasks]) {
      this.#shutdown!.abandoned.push(String(task.id));
      this.#shutdown!.requesters.delete(task);
      this.abandon(task);
    }
  }

  /** When a shutdown is to abandon them. */
  get timeoutEnds(): number {
    const shutdown = this.#shutdown;
    return shutdown?.elapsed === undefined ? (shutdown?.timeoutEnds ?? Infinity) : Infinity;
  }

  /** V8: the first such failure is what the run comes to. */
  #failFatally(fault: Fault, { abandoned }: Task): void {
    if (!this.#isFatal && abandoned) throw new Undecided("a fatal failure of a task that nobody waits for");
    if (!this.#isFatal) this.#failures.add({ fault, at: this.agenda.now, ofBody: false });
    this.#isFatal = true;
    this.shutDown(0, Infinity, undefined, fault);
  }

  /** Tells those who wait for no more than is over by now. */
  #update(): void {
    const shutdown = this.#shutdown;
    if (shutdown === undefined) return;
    if (this.tasks.size === 0 && shutdown.elapsed === undefined) {
      shutdown.elapsed = this.agenda.now - shutdown.started;
      this.tree.cancel(this.scope, this.#shutdown!.reason); // the body, which no shutdown waits for
    }
    if (this.tasks.size > shutdown.requesters.size) return;
    for (const waiter of shutdown.others) waiter.report = this.#report(shutdown);
    shutdown.others = [];
    if (this.tasks.size > 0) return;
    for (const waiter of shutdown.all) waiter.report = this.#report(shutdown);
    shutdown.all = [];
  }

  #report({ counts, abandoned, elapsed, started }: Shutdown): Report {
    return {
      completed: counts.fulfilled,
      failed: counts.rejected,
      cancelled: counts.cancelled,
      abandoned: [...abandoned],
      elapsed: elapsed ?? this.agenda.now - started,
    };
  }
}
