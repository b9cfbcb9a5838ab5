import { InvalidStateError, type Task, type TaskFunction } from "@selvage/scope";
import { checkFunction, checkOptions, type DerivedNameOptions, functionName } from "@selvage/scope/internal";
import { type StartFunction, startTask, type TaskOptions, type TaskOwner } from "@selvage/scope/lowlevel";
import { checkPlacement } from "./placement.js";
import { checkRestart } from "./restart-options.js";
import { restarting } from "./run-restarting.js";
import type { Isolate } from "./isolate.js";
import type { SupervisedStartOptions, SupervisedTaskOptions } from "./supervisor-options.js";

/** Checks all arguments first, and then starts a task or queues it under the limit. */
export function createSupervised<T>(
  owner: TaskOwner,
  isolate: Isolate,
  fn: TaskFunction<T>,
  options: SupervisedTaskOptions | undefined,
): Task<T> {
  if (options === undefined) return owner.createTask(fn);
  checkFunction(fn, "A task");
  checkOptions(options);
  const { name, restart, stage = 0, grace } = options;
  const placement = { ...nameOf(name, fn), ...checkPlacement(stage, grace) };
  if (restart === undefined) return owner.createTask(fn, placement);
  return owner.createTask(restarting(fn, checkRestart(restart), isolate), placement);
}

/** Checks all arguments first, and then starts a task and waits until it is ready (T10). */
export function startSupervised<S>(
  owner: TaskOwner,
  isolate: Isolate,
  fn: StartFunction<S>,
  options: SupervisedStartOptions | undefined,
): Promise<S> {
  if (options === undefined) return startTask(owner, fn);
  checkFunction(fn, "A task");
  checkOptions(options);
  const { name, scope, restart, stage = 0, grace } = options;
  const placement = checkPlacement(stage, grace);
  const run = restart === undefined ? fn : startingAgain(fn, checkRestart(restart), isolate);
  return startTask(owner, run, { ...nameOf(name, fn), scope, ...placement });
}

/** The options for the name. The name of the function is stated, because the task has another function, which calls it. */
function nameOf(name: string | undefined, fn: object): TaskOptions {
  return name === undefined ? ({ name: functionName(fn), _isDerived: true } as DerivedNameOptions) : { name };
}

/** Makes a start function that stands for all runs of another one. Each run may call `started` once. The first call counts. */
function startingAgain<S>(
  fn: StartFunction<S>,
  restart: ReturnType<typeof checkRestart>,
  isolate: Isolate,
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
      restart,
      isolate,
    );
    return runs(scope);
  };
}
