import { isCutOf, callIn } from "@selvage/scope/internal";
import { type TaskOwner } from "@selvage/scope/lowlevel";
import type { FailFast } from "./fail-fast.js";

/** Calls the body of a group, waits for it and for all children, and settles as the rules say (T1–T5). */
export async function runGroup<A, T>(
  owner: TaskOwner,
  failures: FailFast,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
): Promise<T> {
  const { scope } = owner;
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
  while (owner.size > 0) await owner.drained();
  failures.close(owner, bodyCut || bodyFailed);
  failures.throwAll(owner);
  if (bodyCut) throw scope.reason as Error;
  failures.throwOuter(owner);
  return value as T;
}
