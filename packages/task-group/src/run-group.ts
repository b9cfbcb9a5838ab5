import { isCutOf, callIn, type TaskSet } from "@selvage/scope/lowlevel";
import type { Failures } from "./failures.js";

/** Calls the body of a group, waits for it and for all children, and settles as the rules say (T1–T5). */
export async function runGroup<A, T>(
  set: TaskSet,
  failures: Failures,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
): Promise<T> {
  const { scope } = set;
  let value: T | undefined;
  let bodyCut = false;
  let bodyFailed = false;
  try {
    value = await callIn(scope, body, argument);
  } catch (error) {
    bodyCut = isCutOf(scope, error);
    bodyFailed = !bodyCut;
    if (bodyFailed) failures.failBody(error, scope);
  }
  while (set.size > 0) await set.drained();
  failures.close(set, bodyCut || bodyFailed);
  failures.throwAll(set);
  if (bodyCut) throw scope.reason as Error;
  failures.throwOuter(set);
  return value as T;
}
