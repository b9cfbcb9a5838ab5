import { cancelAnyway, callIn, ownerError } from "@selvage/scope/internal";
import { type TaskOwner } from "@selvage/scope/lowlevel";
import type { Isolate } from "./isolate.js";

/** Calls the body of a supervisor, waits for it and for all tasks, and decides the outcome (V7). */
export async function runSupervisor<A, T>(
  owner: TaskOwner,
  policy: Isolate,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
): Promise<T | undefined> {
  const { scope } = owner;
  let value: T | undefined;
  let bodyCut = false;
  let bodyFailed = false;
  policy.bodyRunning = true;
  try {
    value = await callIn(scope, body, argument);
  } catch (error) {
    if (policy.cutsBody(error)) {
      bodyCut = true;
    } else {
      bodyFailed = true;
      policy.add(error);
      cancelAnyway(scope, error);
    }
  }
  policy.bodyRunning = false;
  await finish(owner, policy, bodyCut, bodyFailed);
  if (bodyCut && policy.shutdown === undefined) throw scope.reason as Error;
  return value;
}

/** Waits for the tasks, closes the scope, and throws what there is to throw. */
export async function finish(
  owner: TaskOwner,
  policy: Isolate,
  bodyCut: boolean,
  bodyFailed: boolean = false,
): Promise<void> {
  const { failures } = policy;
  const leftOpen = await owner.finish(bodyCut || bodyFailed);
  if (leftOpen !== undefined) failures.push({ error: leftOpen, task: undefined });
  if (failures.length === 1) throw failures[0]!.error;
  if (failures.length > 1) throw ownerError("Supervisor", owner.name, failures);
  const { reason } = owner.scope;
  if ((bodyCut || policy.childCut) && reason !== undefined && reason.scope !== owner.scope) throw reason;
}
