import { type CancelScope, CancelledError, type Task, type TaskFunction } from "@selvage/scope";
import type {
  FailureInfo,
  ShutdownOptions,
  ShutdownReport,
  SupervisedTaskOptions,
  Supervisor,
} from "@selvage/supervisor";
import { Books, type Entry } from "./books.js";
import type { Held } from "./held.js";
import type { Kind } from "./kind.js";
import type { Plan, Point } from "./plan.js";
import type { Trigger } from "./trigger.js";

/** The name of the only task that never ends before the requests. */
const POOL = "pool";
/** The delay between the call of `onError` and the wait to restart. */
const MICROTASKS = 10;

/** The supervisor of the service. Its calls and reports are recorded in the books. */
export class Tasks {
  readonly books: Books = new Books();
  readonly #plan: Plan;
  readonly #trigger: Trigger;
  readonly #held: Held;
  #supervisor: Supervisor | undefined = undefined;
  /** The number of tasks that wait for the report of a shutdown. */
  #requesters = 0;
  /** The shortest grace that the service has requested. */
  #grace = Infinity;
  #hasAbandoned = false;

  constructor(plan: Plan, trigger: Trigger, held: Held) {
    this.#plan = plan;
    this.#trigger = trigger;
    this.#held = held;
    held.onWait = () => this.hasten();
  }

  /** @throws {Error} Before it is set. */
  get supervisor(): Supervisor {
    if (this.#supervisor === undefined) throw new Error("expected the supervisor to be set");
    return this.#supervisor;
  }

  set supervisor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Starts a task. @throws What `createTask` throws. */
  create(name: string, fn: TaskFunction<void>, options: SupervisedTaskOptions = {}, kind?: Kind): Task<void> {
    const entry = this.books.add(name, kind);
    try {
      const task = this.supervisor.createTask(this.books.watch(entry, fn), { ...options, name });
      this.#watchEnd(entry, task);
      return task;
    } catch (error) {
      this.books.refuse(entry);
      throw error;
    }
  }

  /** Starts the task that keeps the pool open, and waits until the pool is open. */
  async startPool(fn: (scope: CancelScope, started: () => void) => Promise<void>): Promise<void> {
    const entry = this.books.add(POOL);
    const isOpen = this.supervisor.start(
      (scope, started) => {
        const task = [...this.supervisor.tasks].find(({ name }) => name === POOL)!;
        this.#watchEnd(entry, task);
        return this.books.watch(entry, (own) => fn(own, started))(scope);
      },
      { name: POOL, stage: 1, grace: 0 },
    );
    if (entry.runs === 0) this.books.refuse(entry);
    await isOpen;
  }

  async shutDown(options: ShutdownOptions): Promise<ShutdownReport> {
    this.#grace = Math.min(this.#grace, options.grace ?? 0);
    const report = this.supervisor.shutdown(options);
    this.books.reports.push(report);
    return await report;
  }

  /** Shuts down for a task, which waits for the other tasks. */
  async shutDownFor(requestedBy: CancelScope, grace: number): Promise<ShutdownReport> {
    this.#grace = Math.min(this.#grace, grace);
    this.#requesters++;
    try {
      return (this.books.requestersReport = await this.supervisor.shutdown({ grace, requestedBy }));
    } finally {
      this.#requesters--;
    }
  }

  /** The `onError` of the supervisor. */
  report(error: unknown, task: Task<unknown>, info: FailureInfo): void {
    const entry = this.books.entry(task.name);
    entry?.reported.push({ ...info, error });
    if (entry === undefined || error instanceof CancelledError) {
      this.books.odd.push(`onError was called for "${task.name}" with ${String(error)}`);
    }
    this.pass("a failure is reported");
    if (info.restartsIn !== undefined) void this.#watchRest(task);
  }

  pass(point: Point): void {
    this.#trigger.pass(point);
    const stats = this.#supervisor?.stats();
    if (stats !== undefined && stats.running < 0) this.books.odd.push(`stats() said ${JSON.stringify(stats)}`);
  }

  /** Ends a shutdown that waits only for tasks that never end by themselves. It uses counts, because the time of the others is unknown. */
  hasten(): void {
    if (!this.supervisor.stopping) return;
    const { live } = this.books;
    const requests = live.filter(({ kind }) => kind !== undefined).length;
    if (requests > this.#held.size + this.#requesters) return;
    this.pass("only held requests are left");
    const { grace = 0 } = this.#plan.drain;
    if (this.#grace === Infinity && !(this.#trigger.hasFired && grace < Infinity)) void this.shutDown({ grace: 0 });
    this.#endStubborn();
  }

  /** If only stubborn requests are left, abandons them or releases them. */
  #endStubborn(): void {
    const { stubborn } = this.#held;
    const left = this.books.live.filter(({ name }) => name !== POOL).length;
    if (stubborn === 0 || left > stubborn + this.#requesters) return;
    if (this.#plan.stubborn === "let end") {
      this.#held.letStubbornGo();
    } else if (!this.#hasAbandoned) {
      this.#hasAbandoned = true;
      void this.shutDown({ grace: Infinity, timeout: 0 });
    }
  }

  #watchEnd(entry: Entry, task: Task<unknown>): void {
    task.addDoneCallback(() => {
      if (entry.kind !== undefined) {
        this.pass("a request has ended");
        if (this.supervisor.stopping) this.pass("a request ends in a drain");
      }
      this.books.ended(entry, task.status, this.supervisor.stopping);
      this.hasten();
    });
  }

  /** Passes a point when the task waits to restart. */
  async #watchRest(task: Task<unknown>): Promise<void> {
    for (let microtask = 0; microtask < MICROTASKS && task.restartsAt === undefined; microtask++) {
      await Promise.resolve();
    }
    if (task.restartsAt !== undefined) this.pass("the worker waits to restart");
  }
}
