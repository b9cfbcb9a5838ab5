import { cancelAnyway, callIn, ownerError, type TaskSet } from "@selvage/scope/lowlevel";
import type { Supervision } from "./supervision.js";

/** Calls the body of a supervisor, waits for it and for all tasks, and decides the outcome (V7). */
export async function runSupervisor<A, T>(
  set: TaskSet,
  supervision: Supervision,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
): Promise<T | undefined> {
  const { scope } = set;
  let value: T | undefined;
  let bodyCut = false;
  let bodyFailed = false;
  supervision.bodyRunning = true;
  try {
    value = await callIn(scope, body, argument);
  } catch (error) {
    if (supervision.cutsBody(error)) {
      bodyCut = true;
    } else {
      bodyFailed = true;
      supervision.add(error);
      cancelAnyway(scope, error);
    }
  }
  supervision.bodyRunning = false;
  await finish(set, supervision, bodyCut, bodyFailed);
  if (bodyCut && supervision.shutdown === undefined) throw scope.reason as Error;
  return value;
}

/** Waits for the tasks, closes the scope, and throws what there is to throw. */
export async function finish(
  set: TaskSet,
  supervision: Supervision,
  bodyCut: boolean,
  bodyFailed: boolean = false,
): Promise<void> {
  const { failures } = supervision;
  const leftOpen = await set.finish(bodyCut || bodyFailed);
  if (leftOpen !== undefined) failures.push({ error: leftOpen, task: undefined });
  if (failures.length === 1) throw failures[0]!.error;
  if (failures.length > 1) throw ownerError("Supervisor", set.name, failures);
  const { reason } = set.scope;
  if ((bodyCut || supervision.childCut) && reason !== undefined && reason.scope !== set.scope) throw reason;
}
