import type { ShutdownTimes } from "../program.js";
import type { Agenda } from "./agenda.js";
import type { Cancellation, Fault } from "./fault.js";
import type { Task } from "./task.js";
import type { Scope, Tree } from "./tree.js";

/** What a shutdown reports (V5). */
interface Report {
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly abandoned: readonly string[];
  readonly elapsed: number;
}

/** A caller that waits for a shutdown. */
export interface Waiter {
  report: Report | undefined;
}

/** The supervisor that is shut down. */
interface Host {
  readonly scope: Scope;
  readonly body: unknown;
  /** Those that have not ended, in order of creation. */ readonly tasks: ReadonlySet<Task>;
  /** Waits for a task no longer. */ giveUp(task: Task): void;
}

/** The one shutdown of a supervisor, which all callers share: V4, V5, V6. */
export class Shutdown {
  /** Of all that it cancels. */ readonly reason: Cancellation;
  /** Whether the body of the run had ended when it began. */ readonly afterBody: boolean;
  readonly #host: Host;
  readonly #agenda: Agenda;
  readonly #tree: Tree;
  readonly #started: number;
  /** What a task has that does not say, from its stage's turn. */ readonly #grace: number;
  /** From when on no task has any grace: the bound that later calls set. */ #graceEnds = Infinity;
  #timeoutEnds = Infinity;
  /** The stage whose turn it is. */ #stage = -1;
  /** Whether stages are being given their turn. */ #isAdvancing = false;
  readonly #requesters = new Set<Task>();
  /** Tasks that had their turn, and of whose cancellation it has not been told. */ readonly #spared = new Set<Task>();
  readonly #counts = { completed: 0, failed: 0, cancelled: 0 };
  readonly #abandoned: string[] = [];
  #elapsed: number | undefined = undefined;
  /** Callers that wait for all but requesters. */ #others: Waiter[] = [];
  #all: Waiter[] = [];

  constructor(host: Host, agenda: Agenda, tree: Tree, grace: number, cause: Fault | string) {
    this.reason = { kind: "cancelled", owner: host.scope, cause, deadline: undefined };
    this.afterBody = host.body !== undefined;
    this.#host = host;
    this.#agenda = agenda;
    this.#tree = tree;
    this.#started = agenda.now;
    this.#grace = grace;
  }

  get #isOver(): boolean {
    return this.#elapsed !== undefined;
  }

  /** When it gives up on what is left. */
  get timeoutEnds(): number {
    return this.#isOver ? Infinity : this.#timeoutEnds;
  }

  /** Whether the turn of a task's stage has come: then it is not run again. */
  hadTurn({ placement }: Task): boolean {
    return placement.stage <= this.#stage;
  }

  /** A call; every one but the first may only shorten what is left. */
  request({ grace, timeout }: ShutdownTimes, requester: Task | undefined, isFirst: boolean): Waiter {
    const { now } = this.#agenda;
    const waiter: Waiter = { report: undefined };
    if (requester !== undefined) this.#requesters.add(requester);
    (requester === undefined ? this.#all : this.#others).push(waiter);
    if (!isFirst && now + grace < this.#graceEnds) {
      this.#graceEnds = now + grace;
      for (const task of this.#inTurn()) this.#cancelBy(task, this.#graceEnds);
    }
    this.#timeoutEnds = Math.min(this.#timeoutEnds, now + (timeout ?? Infinity));
    if (!this.#isOver) {
      if (this.#timeoutEnds <= now) this.giveUp();
      else if (this.#timeoutEnds < Infinity) this.#bound();
    }
    this.update();
    return waiter;
  }

  /** The timeout is a deadline of the supervisor's scope as well. What is left when it passes is named, though it ends at once. */
  #bound(): void {
    const { scope } = this.#host;
    this.#tree.cancelAt(scope, this.#timeoutEnds, this.reason);
    scope.followers.set(this, () => {
      if (scope.reason === this.reason && this.timeoutEnds <= this.#agenda.now) this.giveUp();
    });
  }

  /** A task has ended. */
  ended(task: Task): void {
    this.#remove(task);
    if (this.#isOver) return;
    const { status } = task;
    this.#counts[status === "fulfilled" ? "completed" : status === "rejected" ? "failed" : "cancelled"]++;
  }

  /** The time is up: what is left is cancelled, named, and waited for no longer. */
  giveUp(): void {
    this.#tree.cancelFor(this.#host.scope, this.reason);
    for (const task of [...this.#host.tasks]) {
      this.#abandoned.push(String(task.id));
      this.#remove(task);
      this.#host.giveUp(task);
    }
  }

  /** Goes on to the next stages, and tells those that wait for no more than is over by now. */
  update(): void {
    this.#nextStages();
    this.#cancelScope();
    const { size } = this.#host.tasks;
    if (size === 0) this.#elapsed ??= this.#agenda.now - this.#started;
    if (size > this.#requesters.size) return;
    this.#tell(this.#others);
    this.#others = [];
    if (size > 0) return;
    this.#tell(this.#all);
    this.#all = [];
  }

  /** A stage has ended when only requesters are left in it. */
  #nextStages(): void {
    if (this.#isAdvancing) return; // one stage after the other
    this.#isAdvancing = true;
    while (this.#nextStage());
    this.#isAdvancing = false;
  }

  /** Whether another stage had its turn. */
  #nextStage(): boolean {
    const tasks = [...this.#host.tasks];
    if (tasks.some((task) => this.hadTurn(task) && !this.#requesters.has(task))) return false;
    const later = tasks.filter((task) => !this.hadTurn(task));
    if (later.length === 0) return false;
    this.#stage = Math.min(...later.map(({ placement }) => placement.stage));
    const stage = later.filter((task) => this.hadTurn(task));
    for (const task of stage) this.#spared.add(task);
    for (const task of stage) this.#takesTurn(task);
    return true;
  }

  /** Those that had their turn, in the order in which they had it. */
  #inTurn(): Task[] {
    const tasks = [...this.#host.tasks].filter((task) => this.hadTurn(task));
    return tasks.sort((one, other) => one.placement.stage - other.placement.stage);
  }

  /** From now on a task has its grace. One that waits for its next run has none, as there is none. */
  #takesTurn(task: Task): void {
    const grace = task.takesTurn() ? 0 : (task.placement.grace ?? this.#grace);
    this.#cancelBy(task, Math.min(this.#agenda.now + grace, this.#graceEnds));
    if (!this.#spared.has(task)) return;
    const cancelled = (): void => {
      this.#spared.delete(task);
      this.update();
    };
    if (task.scope.reason === undefined) task.scope.followers.set(this, cancelled);
    else cancelled();
  }

  #cancelBy(task: Task, when: number): void {
    const { now } = this.#agenda;
    if (when <= now) this.#spared.delete(task);
    if (when <= now) this.#tree.cancelFor(task.scope, this.reason);
    else if (when < Infinity) this.#tree.cancelAt(task.scope, when, this.reason);
  }

  /** The supervisor's scope is cancelled with the last stage, or when no task is left. */
  #cancelScope(): void {
    const { scope, tasks } = this.#host;
    if ([...tasks].every((task) => this.hadTurn(task) && !this.#spared.has(task))) {
      this.#tree.cancelFor(scope, this.reason);
    }
  }

  #remove(task: Task): void {
    this.#requesters.delete(task);
    this.#spared.delete(task);
  }

  #tell(waiters: readonly Waiter[]): void {
    const { completed, failed, cancelled } = this.#counts;
    const elapsed = this.#elapsed ?? this.#agenda.now - this.#started;
    for (const waiter of waiters) {
      waiter.report = { completed, failed, cancelled, abandoned: [...this.#abandoned], elapsed };
    }
  }
}
