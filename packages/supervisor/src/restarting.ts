import { CancelScope, type TaskFunction } from "@selvage/scope";
import { noteRun, quoteName } from "@selvage/scope/lowlevel";
import type { RestartPolicy } from "./restart.js";
import { type RestartDecision, RestartHistory } from "./restart-history.js";
import { RestartLimitError } from "./restart-limit-error.js";

/** What a restarting task asks its supervisor. */
export interface Restarter {
  /** The scopes of the tasks that wait to be restarted, and have nothing to end in a shutdown's grace. */
  readonly resting: Set<CancelScope>;
  /** Whether the task's turn has come in a shutdown: then no run begins any more. */
  isStopping(scope: CancelScope): boolean;
  /** Cancels a task whose turn has come. */
  stop(scope: CancelScope): void;
  /** A run has failed. `restartsIn` is the delay before the next one, or `undefined` where there is none. */
  runFailed(scope: CancelScope, error: unknown, restartsIn: number | undefined): void;
  /** A run begins that is not the first. */
  restarted(): void;
}

/**
 * One task function that stands for all runs of another (V9). Each run has a scope of its own below the task's, so that what one
 * leaves open does not reach into the next.
 */
export function restarting<T>(fn: TaskFunction<T>, policy: RestartPolicy, restarter: Restarter): TaskFunction<T> {
  return async (scope) => {
    const history = new RestartHistory(policy, scope.clock.now());
    for (let attempt = 1; ; attempt++) {
      const end = await runOnce(fn, scope);
      if (scope.cancelled || restarter.isStopping(scope)) return last(end);
      const delay = delayAfter(end, history, scope, restarter);
      if (delay === "end") return last(end);
      if (delay === "give up") throw limitReached(scope, policy, end);
      await rest(scope, attempt, delay, restarter);
      history.runBegins(scope.clock.now());
      restarter.restarted();
    }
  };
}

type End<T> = { readonly value: T } | { readonly error: unknown };

/** One run. One that cancels itself cancels the task; a cancellation of its own that it ends with is thrown, as there is no value. */
async function runOnce<T>(fn: TaskFunction<T>, scope: CancelScope): Promise<End<T>> {
  const run = new CancelScope({ parent: scope, name: "run" });
  let end: End<T>;
  try {
    end = { value: (await run.run(fn)) as T };
  } catch (error) {
    end = { error };
  }
  if (run.cancelCalled) scope.cancel(run.reason);
  if (run.cancelledCaught) throw scope.reason as Error;
  return end;
}

/** What becomes of the task whose last run has ended. */
function last<T>(end: End<T>): T {
  if ("error" in end) throw end.error;
  return end.value;
}

/** How long to wait before the next run, if there is one. Tells of the run, if it failed. */
function delayAfter(
  end: End<unknown>,
  history: RestartHistory,
  scope: CancelScope,
  restarter: Restarter,
): number | "end" | "give up" {
  const failed = "error" in end;
  let decision: RestartDecision | undefined;
  try {
    decision = history.runEnded(failed ? "rejected" : "fulfilled", scope.clock.now());
  } finally {
    // Also where the policy's source of randomness throws, which fails the task.
    const delay = decision?.action === "restart" ? decision.delay : undefined;
    if (failed) restarter.runFailed(scope, end.error, delay);
  }
  return decision.action === "restart" ? decision.delay : decision.action;
}

/** Waits for the next run, and throws where there must be none. */
async function rest(scope: CancelScope, attempt: number, delay: number, restarter: Restarter): Promise<void> {
  const { resting } = restarter;
  if (restarter.isStopping(scope)) restarter.stop(scope); // a shutdown, begun by whoever was told of the failure
  scope.throwIfCancelled(); // it does not rest then
  resting.add(scope);
  noteRun(scope, attempt, scope.clock.now() + delay);
  try {
    await (delay === 0 ? scope.checkpoint() : scope.sleep(delay));
  } finally {
    resting.delete(scope);
    noteRun(scope, attempt, undefined);
  }
  // Anything may have come since the wait ended.
  if (restarter.isStopping(scope)) restarter.stop(scope);
  scope.throwIfCancelled();
  noteRun(scope, attempt + 1, undefined);
}

function limitReached({ name }: CancelScope, policy: RestartPolicy, end: End<unknown>): RestartLimitError {
  const { maxRestarts, within } = policy;
  const message = `task ${quoteName(name!)} ended again after ${maxRestarts} restarts within ${within} ms`;
  return new RestartLimitError(message, "error" in end ? { cause: end.error } : undefined);
}
