import { CancelScope, type Task, type TaskFunction } from "@selvage/scope";
import { cancelFor, isCutOf, noteRun, quoteName, reasonOf } from "@selvage/scope/internal";
import type { RestartPolicy } from "./restart-policy.js";
import { type RestartDecision, RestartHistory } from "./restart-history.js";
import { RestartLimitError } from "./restart-limit-error.js";

/** What a restarting task asks its supervisor. */
export interface Restarter {
  /** The tasks that wait to restart. They have nothing to end in the grace of a shutdown. */
  readonly resting: Set<Task<unknown>>;
  /** The task of a scope. */
  taskOf(scope: CancelScope): Task<unknown>;
  /** Whether the task's turn has come in a shutdown: from then on it is not run again. */
  isStopping(task: Task<unknown>): boolean;
  /** Cancels a task whose turn has come. */
  stop(task: Task<unknown>): void;
  /** A run has failed. `restartsIn` is the delay before the next one, or `undefined` where there is none. */
  runFailed(task: Task<unknown>, error: unknown, restartsIn: number | undefined): void;
  /** A run begins that is not the first. */
  restarted(): void;
}

/** One task function that stands for all runs of another (V9). */
export function restarting<T>(fn: TaskFunction<T>, policy: RestartPolicy, restarter: Restarter): TaskFunction<T> {
  return (scope) => new Runs(fn, scope, policy, restarter).all();
}

/**
 * The runs of one task. Each has its own scope below the task's, so that what one leaves open does not reach into the next.
 *
 * 1. No other code runs between `#throwIfOver` and the call of the function, so that a cancelled task is never run again.
 * 2. The outcome of a run is not kept while the task waits, or runs again.
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
    this.#task = restarter.taskOf(scope); // now: a task that a shutdown abandons is no longer found by its scope
    this.#policy = policy;
    this.#restarter = restarter;
    this.#history = new RestartHistory(policy, scope.clock.now());
  }

  async all(): Promise<T> {
    for (;;) {
      const next = await this.#run();
      if (typeof next === "object") return next.value;
      await this.#rest(next);
      this.#history.runBegins(this.#scope.clock.now());
      this.#throwIfOver(); // here, after the last `await`: anything may have come since the wait ended
      noteRun(this.#scope, ++this.#attempt, undefined);
      this.#restarter.restarted();
    }
  }

  /** One run. Returns the delay before the next one, or what the task returns; throws what the task fails with. */
  async #run(): Promise<number | Returned<T>> {
    return this.#next(await runOnce(this.#fn, this.#scope));
  }

  #next(end: End<T>): number | Returned<T> {
    if (this.#isOver()) return last(end);
    const decision = this.#decide(end);
    if (decision.action === "restart") return decision.delay;
    if (decision.action === "end") return last(end);
    throw limitReached(this.#task, this.#policy, end);
  }

  /** What follows a run. Reports the run if it failed. */
  #decide(end: End<T>): RestartDecision {
    let delay: number | undefined;
    try {
      const decision = this.#history.runEnded("error" in end ? "rejected" : "fulfilled", this.#scope.clock.now());
      // The policy's source of randomness is other code, which may have ended the task.
      if (decision.action === "restart" && !this.#isOver()) delay = decision.delay;
      return decision;
    } finally {
      // Also if that source, or the clock, throws, which fails the task.
      if ("error" in end) this.#restarter.runFailed(this.#task, end.error, delay);
    }
  }

  /** Waits for the next run. */
  async #rest(delay: number): Promise<void> {
    const { resting } = this.#restarter;
    const scope = this.#scope;
    this.#throwIfOver(); // `onError` is other code, too
    resting.add(this.#task);
    try {
      noteRun(scope, this.#attempt, scope.clock.now() + delay);
      await (delay === 0 ? scope.checkpoint() : scope.sleep(delay));
    } finally {
      resting.delete(this.#task);
    }
  }

  #isOver(): boolean {
    return reasonOf(this.#scope) !== undefined || this.#restarter.isStopping(this.#task);
  }

  /** @throws {CancelledError} If the task is cancelled, or its turn has come in a shutdown. */
  #throwIfOver(): void {
    this.#scope.throwIfCancelled(); // first: it reads the clock, which is other code
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

/** One run. One that cancels its own scope cancels the task, for the same reason. */
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

/** How a cancelled run ended: with what the function threw, which the task keeps as `raised` (S15). */
function cut(scope: CancelScope, threw: Threw): Threw {
  // A run that cancelled itself before the task was cancelled has another reason than the task.
  return isCutOf(scope, threw.error) ? threw : { error: reasonOf(scope) ?? threw.error };
}

/** What becomes of the task whose last run has ended. */
function last<T>(end: End<T>): Returned<T> {
  if ("error" in end) throw end.error;
  return end;
}

function limitReached({ name }: Task<unknown>, policy: RestartPolicy, end: End<unknown>): RestartLimitError {
  const { maxRestarts, within } = policy;
  const message = `task ${quoteName(name)} ended again after ${maxRestarts} restarts within ${within} ms`;
  return new RestartLimitError(message, "error" in end ? { cause: end.error } : undefined);
}
