import { type Fault, type Outcome, textOf } from "./fault.js";
import { Owner, type Task } from "./owner.js";
import type { Option } from "./stage.js";
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
  graceEnds: number;
  timeoutEnds: number;
  elapsed: number | undefined;
  /** Whether the body of the run had ended when it began. */ readonly afterBody: boolean;
  /** Who waits for all but requesters. */ others: Waiter[];
  all: Waiter[];
}

/** A supervisor of the model: V1, V2, V4, V5, V6, V7. */
export class Supervisor extends Owner {
  #shutdown: Shutdown | undefined;
  #error: Fault | undefined;
  #abandonedCut = false;

  constructor(...owned: ConstructorParameters<typeof Owner>) {
    super(...owned);
    const isDue = (): boolean => this.graceEnds <= this.stage.now;
    const ring = (): void => {
      this.#graceEnded();
    };
    this.tree.alarms.push({ isDue, ring });
  }

  get refusal(): Fault | undefined {
    return this.#shutdown === undefined ? undefined : { kind: "closed" };
  }

  protected override bodyFailed(fault: Fault): void {
    this.#error = fault;
    this.tree.cancel(this.scope, fault);
  }

  protected override taskDone(task: Task): void {
    const { status, outcome } = task;
    const shutdown = this.#shutdown;
    shutdown?.requesters.delete(task);
    if (shutdown?.elapsed === undefined && shutdown !== undefined) shutdown.counts[status!]++;
    if (status === "rejected") {
      const { fault } = outcome as { fault: Fault };
      this.stage.mustCome(this.id, "told", `${task.id} ! ${textOf(fault)}`);
    } else if (status === "cancelled") {
      const isCut = task.scope.reason === this.scope.reason;
      if (task.abandoned) this.#abandonedCut ||= isCut;
      else this.childCut ||= isCut;
    }
    this.#update();
  }

  protected override oneLess(): void {
    this.#update();
  }

  override outcomes(): Outcome[] {
    const { reason } = this.scope;
    if (this.#error !== undefined) return [{ fault: this.#error }];
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
  shutDown(grace: number, timeout: number, caller: Scope): Waiter {
    const { now } = this.stage;
    const shutdown = (this.#shutdown ??= {
      started: now,
      counts: { fulfilled: 0, rejected: 0, cancelled: 0 },
      requesters: new Set(),
      abandoned: [],
      graceEnds: Infinity,
      timeoutEnds: Infinity,
      elapsed: undefined,
      afterBody: this.body !== undefined,
      others: [],
      all: [],
    });
    if (shutdown.elapsed === undefined) this.tree.look();
    const waiter: Waiter = { report: undefined };
    const requester = this.#taskAround(caller);
    if (requester !== undefined) shutdown.requesters.add(requester);
    (requester === undefined ? shutdown.all : shutdown.others).push(waiter);
    if (shutdown.elapsed === undefined) {
      shutdown.graceEnds = Math.min(shutdown.graceEnds, now + grace);
      if (shutdown.graceEnds <= now) this.tree.cancel(this.scope, "shutdown");
      shutdown.timeoutEnds = Math.min(shutdown.timeoutEnds, now + timeout);
      if (shutdown.timeoutEnds <= now) this.abandonAll();
    }
    this.#update();
    return waiter;
  }

  /** The time is up: what is left is cancelled, named, and waited for no more. */
  abandonAll(): void {
    this.tree.cancel(this.scope, "shutdown");
    for (const task of [...this.tasks]) {
      this.#shutdown!.abandoned.push(String(task.id));
      this.#shutdown!.requesters.delete(task);
      this.abandon(task);
    }
  }

  override options(begin: (task: Task) => void): Option[] {
    const options = super.options(begin);
    if (this.graceEnds > this.stage.now || this.tree.passed(this.scope) !== undefined) return options;
    const detail = textOf({ kind: "cancelled", owner: this.scope, cause: "shutdown", deadline: undefined });
    const happen = (): void => {
      this.#graceEnded();
      this.stage.take({ at: this.stage.now, id: this.id, what: "cancelled", detail });
    };
    return [...options, { id: this.id, what: "cancelled", detail, happen }];
  }

  /** When a shutdown is to cancel the tasks. */
  get graceEnds(): number {
    const shutdown = this.#shutdown;
    return shutdown?.elapsed === undefined && this.scope.reason === undefined
      ? (shutdown?.graceEnds ?? Infinity)
      : Infinity;
  }

  /** When a shutdown is to abandon them. */
  get timeoutEnds(): number {
    const shutdown = this.#shutdown;
    return shutdown?.elapsed === undefined ? (shutdown?.timeoutEnds ?? Infinity) : Infinity;
  }

  #graceEnded(): void {
    this.#shutdown!.graceEnds = Infinity;
    this.tree.cancel(this.scope, "shutdown", true);
  }

  /** Tells those who wait for no more than is over by now. */
  #update(): void {
    const shutdown = this.#shutdown;
    if (shutdown === undefined) return;
    if (this.tasks.size === 0 && shutdown.elapsed === undefined) {
      shutdown.elapsed = this.stage.now - shutdown.started;
      this.tree.cancel(this.scope, "shutdown"); // the body, which no shutdown waits for
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
      elapsed: elapsed ?? this.stage.now - started,
    };
  }

  /** V6: the task that a scope belongs to. */
  #taskAround(scope: Scope): Task | undefined {
    for (let node: Scope | undefined = scope; node !== undefined; node = node.parent) {
      for (const task of this.tasks) if (task.scope === node) return task;
    }
    return undefined;
  }
}
