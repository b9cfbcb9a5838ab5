import type { ShutdownTimes } from "../program.js";
import type { Agenda } from "./agenda.js";
import type { Cancellation, Fault } from "./fault.js";
import type { Task } from "./task.js";
import type { Scope, Tree } from "./tree.js";

/** The report of a shutdown (V5). */
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
  /** The tasks that have not ended, in order of creation. */ readonly tasks: ReadonlySet<Task>;
  /** Whether a task is left when the timeout is over. */ isLeft(task: Task): boolean;
  /** Stops waiting for a task. */ giveUp(task: Task): void;
}

/** The one shutdown of a supervisor, which all callers share: V4, V5, V6. */
export class Shutdown {
  /** The reason of everything that it cancels. */ readonly reason: Cancellation;
  /** Whether the body of the run had ended when it began. */ readonly afterBody: boolean;
  readonly #host: Host;
  readonly #agenda: Agenda;
  readonly #tree: Tree;
  readonly #started: number;
  /** The grace of tasks without their own, from the turn of their stage. */ readonly #grace: number;
  /** The end of every task's grace, which later calls set. */ #graceEnds = Infinity;
  #timeoutEnds = Infinity;
  /** The present stage. */ #stage = -1;
  /** Whether stages are being advanced. */ #isAdvancing = false;
  /** Whether the time is up, and the tasks that are left are not named yet. */ #isExpiring = false;
  readonly #requesters = new Set<Task>();
  /** Tasks of past stages whose cancellation it does not know of. */ readonly #spared = new Set<Task>();
  readonly #counts = { completed: 0, failed: 0, cancelled: 0 };
  readonly #abandoned: string[] = [];
  #elapsed: number | undefined = undefined;
  /** Callers that wait for all tasks except requesters. */ #others: Waiter[] = [];
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

  /** When it abandons the remaining tasks. */
  get timeoutEnds(): number {
    return this.#isOver ? Infinity : this.#timeoutEnds;
  }

  /** Whether the turn of a task's stage has come, so that it is not restarted. */
  hadTurn({ placement }: Task): boolean {
    return placement.stage <= this.#stage;
  }

  /** A call of shutdown; later calls may only shorten the time that is left. */
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

  /** The timeout is also a deadline of the supervisor's scope. Tasks that are left when it passes are named, even if they end at once. */
  #bound(): void {
    const { scope } = this.#host;
    this.#tree.cancelAt(scope, this.#timeoutEnds, this.reason);
    scope.followers.set(this, () => {
      if (scope.reason === this.reason && this.timeoutEnds <= this.#agenda.now) this.giveUp();
    });
  }

  /** Called when a task has ended. */
  ended(task: Task): void {
    this.#remove(task);
    if (this.#isOver) return;
    const { status } = task;
    this.#counts[status === "fulfilled" ? "completed" : status === "rejected" ? "failed" : "cancelled"]++;
  }

  /** The time is up: the remaining tasks are cancelled, named, and no longer waited for. */
  giveUp(): void {
    this.#isExpiring = true;
    this.#tree.cancelFor(this.#host.scope, this.reason);
    const left = [...this.#host.tasks].filter((task) => this.#host.isLeft(task));
    for (const task of left) {
      this.#abandoned.push(String(task.id));
      this.#remove(task);
    }
    this.#isExpiring = false;
    for (const task of left) this.#host.giveUp(task);
    this.update();
  }

  /** Advances to the next stages, and notifies callers for which everything has ended. */
  update(): void {
    if (this.#isExpiring) return;
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

  /** Advances by one stage; returns whether there was one. */
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

  /** The tasks of past and present stages, in the order of their turns. */
  #inTurn(): Task[] {
    const tasks = [...this.#host.tasks].filter((task) => this.hadTurn(task));
    return tasks.sort((one, other) => one.placement.stage - other.placement.stage);
  }

  /** Starts the grace of a task. A task that waits for its next run gets none, because it will not run. */
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
