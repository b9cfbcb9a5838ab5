import { getEventListeners } from "node:events";
import type { CancelScope, Task } from "@selvage/scope";
import { onEnd } from "@selvage/scope/internal";
import { type FailureInfo, Supervisor } from "@selvage/supervisor";
import type { VirtualClock } from "@selvage/testing";
import { describeError, describeOutcome, describeReason, describeTask, describeValue } from "./trace.js";
import { type Event, ProgramError, type What } from "./trace.js";

type TaskRun = (scope: CancelScope, started: (value: unknown) => void) => Promise<unknown>;

/** The argument of a thread's function: an owner, a timeout, or a scope. */
type Owner = CancelScope | { readonly scope: CancelScope; readonly expired?: boolean };

/**
 * Records what a printed program observes, and keeps what its statements created, so that others can refer to it.
 *
 * It uses only the public API: it wraps functions, awaits promises, and registers listeners and callbacks.
 */
export class Recorder {
  readonly trace: Event[] = [];
  readonly clock: VirtualClock;
  /** The scopes that statements created, by id. */ readonly scopes: Partial<Record<number, CancelScope>> = {};
  /** The tasks. */ readonly tasks: Partial<Record<number, Task<unknown>>> = {};
  /** The supervisors. */ readonly supervisors: Partial<Record<number, Supervisor>> = {};
  /** The errors that were thrown, by the id of the statement. */ readonly errors: number[] = [];
  /** Finished tasks that supervisors still keep, of which there must be none (V1). */ readonly kept: string[] = [];
  readonly #followed: Partial<Record<number, { readonly following: Disposable; readonly signal: AbortSignal }>> = {};
  readonly #timeouts: Partial<Record<number, { readonly expired?: boolean }>> = {};

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** Whether all tasks have ended. */
  get isOver(): boolean {
    return Object.values(this.tasks).every((task) => task!.done);
  }

  /** Runs a thread's function, whose argument is the scope. */
  async run(id: number, owner: Owner, fn: (scope: CancelScope) => Promise<unknown>): Promise<unknown> {
    const scope = "scope" in owner ? owner.scope : owner;
    this.#write(id, "began", scope.cancelled ? "cancelled" : "");
    if (owner instanceof Supervisor) {
      this.supervisors[id] = owner;
      owner.onShutdown((reason) => {
        this.#write(id, "stopping", describeReason(reason));
      });
    }
    if ("expired" in owner) this.#timeouts[id] = owner;
    this.#watch(id, scope);
    try {
      const value = await fn(scope);
      this.#write(id, "ended", `= ${describeValue(value)}`);
      return value;
    } catch (error) {
      this.#write(id, "ended", `! ${describeError(error)}`);
      throw error;
    }
  }

  /** Records that statement `id` is reached. */
  does(id: number): void {
    this.#write(id, "does");
  }

  /** Keeps a created task. */
  spawn(id: number, create: () => Task<unknown>): void {
    this.does(id);
    const task = create();
    if (this.tasks[id] === undefined) this.#keep(id, task);
    this.#watch(id, task.scope);
  }

  /** Keeps a task that is started and queued, if its owner lists it. */
  start(id: number, owner: object, begin: () => Promise<unknown>): Promise<unknown> {
    const result = begin();
    const task = listed(id, owner);
    if (task?.queued === true) {
      this.#keep(id, task);
      this.#watch(id, task.scope);
    }
    return result;
  }

  /** Keeps a task that is started and runs. A group does not list it, so its end is seen from within. Returns its scope. */
  starting(id: number, owner: object, scope: CancelScope): CancelScope {
    const task = listed(id, owner);
    if (task === undefined) onEnd(scope, this.#write.bind(this, id, "done"));
    else if (this.tasks[id] === undefined) this.#keep(id, task);
    return scope;
  }

  /** One task function for all runs of a task. */
  again(id: number, owner: object, runs: readonly TaskRun[]): TaskRun {
    let attempt = 0;
    return (scope, started) => {
      const task = listed(id, owner)!;
      if (this.tasks[id] === undefined) this.#keep(id, task);
      this.#watch(id, task.scope);
      return runs[attempt++]!(scope, started);
    };
  }

  /** Records what a statement reads. */
  saw(id: number, what: unknown): void {
    this.#write(id, "saw", describeValue(what));
  }

  /** Reads a task. */
  peek(id: number): string | undefined {
    const task = this.tasks[id];
    return task && describeTask(task);
  }

  /** Performs the wait of a statement. */
  async seen<T>(id: number, begin: () => PromiseLike<T> | undefined): Promise<T | undefined> {
    this.does(id);
    try {
      const value = await begin();
      this.#lookAtSupervisors();
      this.#write(id, "resumed", `= ${describeValue(value)}${this.#flags(id)}`);
      return value;
    } catch (error) {
      this.#write(id, "resumed", `! ${describeError(error)}${this.#flags(id)}`);
      throw error;
    } finally {
      this.#followed[id]?.following[Symbol.dispose]();
    }
  }

  /** Waits, and ignores cancellation. */
  work(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.setTimer(resolve, ms);
    });
  }

  /** Waits, unless the signal aborts. */
  fetch(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.clock.clearTimer(timer);
        reject(new DOMException("This operation was aborted", "AbortError"));
      };
      const timer = this.clock.setTimer(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      }, ms);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** A foreign signal that aborts when the scope is cancelled, until statement `id` is over. */
  follow(id: number, scope: CancelScope): AbortSignal {
    const controller = new AbortController();
    const following = scope.onCancel(() => {
      controller.abort(`outer ${id}`);
    });
    this.#followed[id] = { following, signal: controller.signal };
    return controller.signal;
  }

  /** The number of listeners that are left on these signals. */
  get listeners(): number {
    return Object.values(this.#followed).flatMap((followed) => getEventListeners(followed!.signal, "abort")).length;
  }

  /** The error that statement `id` throws. */
  error(id: number): ProgramError {
    this.errors.push(id);
    return new ProgramError(id);
  }

  caught(id: number, error: unknown): void {
    this.#write(id, "caught", `! ${describeError(error)}`);
  }

  /** The error handler of a supervisor. */
  told(id: number): (error: unknown, task: Task<unknown>, info: FailureInfo) => void {
    return (error, task, { attempt, restartsIn }) => {
      const next = restartsIn === undefined ? "" : `, again in ${restartsIn}`;
      const run = attempt === 1 && next === "" ? "" : ` (run ${attempt}${next})`;
      this.#write(id, "told", `${task.name} ! ${describeError(error)}${run}`);
    };
  }

  #keep(id: number, task: Task<unknown>): void {
    if (task.queued) this.#write(id, "queued");
    this.tasks[id] = task;
    task.addDoneCallback(() => {
      this.#write(id, "done", describeOutcome(task));
    });
  }

  #watch(id: number, scope: CancelScope): void {
    if (this.scopes[id] !== undefined) return;
    this.scopes[id] = scope;
    scope.onCancel((reason) => {
      this.#write(id, "cancelled", describeError(reason));
    });
  }

  #lookAtSupervisors(): void {
    for (const [id, supervisor] of Object.entries(this.supervisors)) {
      const tasks = [...supervisor!.tasks];
      const done = tasks.filter((task) => task.done);
      for (const task of done) this.kept.push(`supervisor ${id} lists task ${task.name}, which is done`);
      if (supervisor!.size !== tasks.length)
        this.kept.push(`supervisor ${id} counts ${supervisor!.size}: ${tasks.length}`);
    }
  }

  #flags(id: number): string {
    return (
      (this.#timeouts[id]?.expired === true ? " expired" : "") + (this.scopes[id]?.cancelledCaught ? " caught" : "")
    );
  }

  #write(id: number, what: What, detail = ""): void {
    this.trace.push({ at: this.clock.now(), id, what, detail });
  }
}

/** The task of a statement, if its owner lists its tasks. */
function listed(id: number, owner: object): Task<unknown> | undefined {
  return owner instanceof Supervisor ? [...owner.tasks].find(({ name }) => name === String(id)) : undefined;
}
