import { CancelScope, type TaskFunction } from "@selvage/scope";
import { noteRestart, quoteName } from "@selvage/scope/lowlevel";
import { decideRestart, type RestartPolicy } from "./restart.js";
import { RestartLimitError } from "./restart-limit-error.js";

/** What a restarting task asks its supervisor. */
export interface Restarter {
  /** The shutdown, once one has begun: then no run begins any more. */
  readonly shutdown: { readonly reason: unknown } | undefined;
  /** The scopes of the tasks that wait to be restarted, and have nothing to end in a shutdown's grace. */
  readonly resting: Set<CancelScope>;
}

/**
 * One task function that stands for all runs of another (V9). Each run has a scope of its own below the task's, so that what one
 * leaves open does not reach into the next.
 *
 * @param runFailed - Told of a run that has failed, though not the task, or not for this reason.
 */
export function restarting<T>(
  fn: TaskFunction<T>,
  policy: RestartPolicy,
  restarter: Restarter,
  runFailed: (error: unknown) => void,
): TaskFunction<T> {
  return async (scope) => {
    let restarts: readonly number[] = [];
    for (;;) {
      const end = await runOnce(fn, scope);
      const failed = "error" in end;
      if (scope.cancelled || restarter.shutdown !== undefined) return last(end);
      if (failed) runFailed(end.error); // first: the policy's source of randomness may throw
      const decision = decideRestart(policy, restarts, failed ? "rejected" : "fulfilled", scope.clock.now());
      if (decision.action === "end") return last(end);
      if (decision.action === "give up") throw limitReached(scope, policy, end);
      restarts = decision.restarts;
      await rest(scope, decision.delay, restarter);
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

async function rest(scope: CancelScope, delay: number, { resting, shutdown }: Restarter): Promise<void> {
  if (shutdown !== undefined) scope.cancel(shutdown.reason); // begun by whoever was told of the failure
  resting.add(scope);
  noteRestart(scope, scope.clock.now() + delay);
  try {
    await scope.sleep(delay);
  } finally {
    resting.delete(scope);
    noteRestart(scope, undefined);
  }
}

function limitReached({ name }: CancelScope, policy: RestartPolicy, end: End<unknown>): RestartLimitError {
  const { maxRestarts, within } = policy;
  const message = `task ${quoteName(name!)} ended again after ${maxRestarts} restarts within ${within} ms`;
  return new RestartLimitError(message, "error" in end ? { cause: end.error } : undefined);
}
