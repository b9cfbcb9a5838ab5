import { CancelScope, type Task, type TaskFunction } from "@selvage/scope";
import { cancelFor, isCutOf, noteRun, quoteName, reasonOf } from "@selvage/scope/internal";
import type { RestartPolicy } from "./restart-options.js";
import { type RestartDecision, RestartHistory } from "./restart-policy.js";
import { RestartLimitError } from "./restart-limit-error.js";

/** The part of a supervisor that a restarting task uses. */
export interface Restarter {
  /** The tasks that wait to restart. In a shutdown they get no grace, because nothing in them runs. */
  readonly resting: Set<Task<unknown>>;
  /** Returns the task of a scope. */
  taskOf(scope: CancelScope): Task<unknown>;
  /** Whether a shutdown has reached the task's stage. From then on the task is not run again. */
  isStopping(task: Task<unknown>): boolean;
  /** Cancels a task whose stage a shutdown has reached. */
  stop(task: Task<unknown>): void;
  /** Called when a run has failed. `restartsIn` is the delay before the next run; `undefined` if there is none. */
  runFailed(task: Task<unknown>, error: unknown, restartsIn: number | undefined): void;
  /** Called when a run begins that is not the first. */
  restarted(task: Task<unknown>): void;
}

/** Makes a task function that stands for all runs of another one (V9). */
export function restarting<T>(fn: TaskFunction<T>, policy: RestartPolicy, restarter: Restarter): TaskFunction<T> {
  return (scope) => new Runs(fn, scope, policy, restarter).all();
}

/**
 * The runs of one task. Each has its own scope below the task's, so that a scope left open by one run cannot affect the next.
 *
 * 1. Only observers run between `#throwIfOver` and the call of the function, so a cancelled task is never run again, unless an observer cancels it.
 * 2. The outcome of a run is not retained while the task waits or runs again.
 */
class Runs<T> {
  readonly #fn: TaskFunction<T>;
  readonly #scope: CancelScope;
  readonly #task: Task<unknown>;
  readonly #policy: RestartPolicy;
  readonly #restarter: Restarter;
  readonly #history: RestartHistory;
  /** The number of the latest run, from 1. */
  #attempt = 1;

  constructor(fn: TaskFunction<T>, scope: CancelScope, policy: RestartPolicy, restarter: Restarter) {
    this.#fn = fn;
    this.#scope = scope;
    this.#task = restarter.taskOf(scope); // now, because a task that a shutdown abandons can no longer be found by its scope
    this.#policy = policy;
    this.#restarter = restarter;
    this.#history = new RestartHistory(policy, scope.clock.now());
  }

  /** Runs the function until the task ends. */
  async all(): Promise<T> {
    for (;;) {
      const next = await this.#run();
      if (typeof next === "object") return next.value;
      await this.#rest(next);
      this.#history.runBegins(this.#scope.clock.now());
      this.#throwIfOver(); // after the last `await`, because a cancellation or a shutdown may have come since the wait ended
      noteRun(this.#scope, ++this.#attempt, undefined);
      this.#restarter.restarted(this.#task);
    }
  }

  /** Makes one run. Returns the delay before the next one, or the value of the task. Throws the error of the task. */
  async #run(): Promise<number | Returned<T>> {
    return this.#next(await runOnce(this.#fn, this.#scope));
  }

  /** The part of `#run` after the run. A separate function, because locals of an async function stay alive across `await` (2). */
  #next(end: End<T>): number | Returned<T> {
    if (this.#isOver()) return last(end);
    const decision = this.#decide(end);
    if (decision.action === "restart") return decision.delay;
    if (decision.action === "end") return last(end);
    throw limitReached(this.#task, this.#policy, end);
  }

  /** Returns what follows a run, and reports the run if it failed. */
  #decide(end: End<T>): RestartDecision {
    let delay: number | undefined;
    try {
      const decision = this.#history.runEnded("error" in end ? "rejected" : "fulfilled", this.#scope.clock.now());
      // The policy's `jitter` is foreign code, which may have cancelled the task.
      if (decision.action === "restart" && !this.#isOver()) delay = decision.delay;
      return decision;
    } finally {
      // Reported even if `jitter` or the clock throws, which fails the task.
      if ("error" in end) this.#restarter.runFailed(this.#task, end.error, delay);
    }
  }

  /** Waits for the next run. */
  async #rest(delay: number): Promise<void> {
    const { resting } = this.#restarter;
    const scope = this.#scope;
    this.#throwIfOver(); // `onError` is foreign code too, which may have cancelled the task
    resting.add(this.#task);
    try {
      noteRun(scope, this.#attempt, scope.clock.now() + delay);
      await (delay === 0 ? scope.checkpoint() : scope.sleep(delay));
    } finally {
      resting.delete(this.#task);
    }
  }

  /** Whether the task must not be run again. */
  #isOver(): boolean {
    return reasonOf(this.#scope) !== undefined || this.#restarter.isStopping(this.#task);
  }

  /** @throws {CancelledError} If the task is cancelled, or a shutdown has reached its stage. */
  #throwIfOver(): void {
    this.#scope.throwIfCancelled(); // first, because it reads the clock, which is foreign code
    if (!this.#restarter.isStopping(this.#task)) return;
    this.#restarter.stop(this.#task);
    this.#scope.throwIfCancelled();
  }
}

interface Returned<T> {
  readonly value: T;
}

interface Threw {
  readonly error: unknown;
}

/** How a run ended. */
type End<T> = Returned<T> | Threw;

/** Makes one run. If the run cancels its own scope, the task is cancelled with the same reason. */
async function runOnce<T>(fn: TaskFunction<T>, scope: CancelScope): Promise<End<T>> {
  const run = new CancelScope({ parent: scope, name: "run" });
  let threw = undefined as Threw | undefined;
  let end: End<T>;
  try {
    const value = await run.run(async () => {
      try {
        return await fn(run);
      } catch (error) {
        threw = { error };
        throw error;
      }
    });
    end = { value: value as T };
  } catch (error) {
    end = { error };
  }
  const { reason } = run;
  if (reason !== undefined && run.cancelCalled) cancelFor(scope, reason);
  const isCut = run.cancelledCaught || ("error" in end && end.error === reason);
  return isCut && threw !== undefined ? cut(scope, threw) : end;
}

/** Returns the end of a cancelled run: the error that the function threw, which is the task's `raised` (S15). */
function cut(scope: CancelScope, threw: Threw): Threw {
  // If the run cancelled itself before the task was cancelled, its reason differs from that of the task.
  return isCutOf(scope, threw.error) ? threw : { error: reasonOf(scope) ?? threw.error };
}

/** Returns or throws the outcome of the last run, which is that of the task. */
function last<T>(end: End<T>): Returned<T> {
  if ("error" in end) throw end.error;
  return end;
}

function limitReached({ name }: Task<unknown>, policy: RestartPolicy, end: End<unknown>): RestartLimitError {
  const { maxRestarts, within } = policy;
  const message = `task ${quoteName(name)} ended again after ${maxRestarts} restarts within ${within} ms`;
  return new RestartLimitError(message, "error" in end ? { cause: end.error } : undefined);
}
