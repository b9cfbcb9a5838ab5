import { CancelScope, isCancellation, type TaskFunction } from "@selvage/scope";
import { decideRestart, type RestartPolicy } from "./restart.js";
import { RestartLimitError } from "./restart-limit-error.js";

/** What a restarting task tells its supervisor, and asks it. */
export interface Restarter {
  /** A run has failed, but not the task, or not for this reason. */
  readonly runFailed: (error: unknown) => void;
  /** Whether a shutdown has begun: then no run begins any more. */
  readonly isShuttingDown: () => boolean;
  /** The scopes of the tasks that wait to be restarted, and have nothing to end in a shutdown's grace. */
  readonly resting: Set<CancelScope>;
}

/**
 * One task function that stands for all runs of another (V9). Each run has a scope of its own below the task's, so that what one
 * leaves open does not reach into the next.
 */
export function restarting<T>(fn: TaskFunction<T>, policy: RestartPolicy, restarter: Restarter): TaskFunction<T> {
  return async (scope) => {
    let restarts: readonly number[] = [];
    for (;;) {
      const end = await runOnce(fn, scope);
      const outcome = "error" in end ? "rejected" : "fulfilled";
      const decision = decideRestart(policy, restarts, outcome, scope.clock.now());
      if (decision.action === "end" || scope.cancelled || restarter.isShuttingDown()) {
        if ("error" in end) throw end.error;
        return end.value;
      }
      if ("error" in end) restarter.runFailed(end.error);
      if (decision.action === "give up") throw limitReached(policy, end);
      restarts = decision.restarts;
      await rest(scope, decision.delay, restarter);
    }
  };
}

type End<T> = { value: T } | { error: unknown };

/** One run. It throws what cancelled the task, and returns everything else. */
async function runOnce<T>(fn: TaskFunction<T>, scope: CancelScope): Promise<End<T>> {
  const run = new CancelScope({ parent: scope, name: "run" });
  let value: T | undefined;
  try {
    value = await run.run(fn);
  } catch (error) {
    if (isCancellation(error, scope)) throw error;
    return { error };
  }
  if (run.cancelledCaught) cancelAll(scope, run.reason); // it cancelled itself, and a cancelled task is not restarted
  return { value: value as T };
}

async function rest(scope: CancelScope, delay: number, { resting, isShuttingDown }: Restarter): Promise<void> {
  if (isShuttingDown()) cancelAll(scope, "shutdown"); // begun by whoever was told of the failure
  resting.add(scope);
  try {
    await scope.sleep(delay);
  } finally {
    resting.delete(scope);
  }
}

function cancelAll(scope: CancelScope, reason: unknown): never {
  scope.cancel(reason);
  throw scope.reason as Error;
}

function limitReached({ maxRestarts, within }: RestartPolicy, end: End<unknown>): RestartLimitError {
  const message = `ended again after ${maxRestarts} restarts within ${within} ms`;
  return new RestartLimitError(message, "error" in end ? { cause: end.error } : undefined);
}
