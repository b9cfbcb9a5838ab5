import { InvalidStateError, type Task, type TaskFunction } from "@selvage/scope";
import {
  checkFunction,
  checkOptions,
  functionName,
  type StartFunction,
  startTask,
  type TaskSet,
} from "@selvage/scope/lowlevel";
import { checkPlacement } from "./placement.js";
import { checkRestart } from "./restart.js";
import { restarting } from "./restarting.js";
import type { Supervision } from "./supervision.js";
import type { SupervisedStartOptions, SupervisedTaskOptions } from "./supervisor-options.js";

/** Checks everything, then starts a task, or queues it under the limit. */
export function createSupervised<T>(
  set: TaskSet,
  supervision: Supervision,
  fn: TaskFunction<T>,
  options: SupervisedTaskOptions | undefined,
): Task<T> {
  if (options === undefined) return set.createTask(fn);
  checkFunction(fn, "A task");
  checkOptions(options);
  const { name = functionName(fn), restart, stage = 0, grace } = options;
  const placement = checkPlacement(stage, grace);
  if (restart === undefined) return set.createTask(fn, { name, ...placement });
  const run = restarting(fn, checkRestart(restart), supervision);
  return set.createTask(run, { name, ...placement });
}

/** Checks everything, then starts a task and waits until it is ready (T10). */
export function startSupervised<S>(
  set: TaskSet,
  supervision: Supervision,
  fn: StartFunction<S>,
  options: SupervisedStartOptions | undefined,
): Promise<S> {
  if (options === undefined) return startTask(set, fn);
  checkFunction(fn, "A task");
  checkOptions(options);
  const { name = functionName(fn), scope, restart, stage = 0, grace } = options;
  const placement = checkPlacement(stage, grace);
  const run = restart === undefined ? fn : startingAgain(fn, checkRestart(restart), supervision);
  return startTask(set, run, { name, scope, ...placement });
}

/** A function that says when it is ready, and stands for all runs of another. Each run may say so once; the first to do so counts. */
function startingAgain<S>(
  fn: StartFunction<S>,
  policy: ReturnType<typeof checkRestart>,
  supervision: Supervision,
): StartFunction<S> {
  return (scope, started) => {
    let isReady = false;
    const runs = restarting(
      async (run) => {
        let mayStart = true;
        try {
          await fn.call(undefined, run, (value) => {
            if (!mayStart)
              throw new InvalidStateError("started() was called twice in a run, or after the run had ended.");
            if (!isReady) started(value);
            isReady = true;
            mayStart = false;
          });
        } finally {
          mayStart = false;
        }
      },
      policy,
      supervision,
    );
    return runs(scope);
  };
}
