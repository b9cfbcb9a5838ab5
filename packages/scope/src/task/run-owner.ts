import { callIn } from "../tree/enclosing.js";
import type { TaskOwner } from "./task-owner.js";

/** What the body of an owner of tasks means to it ({@link TaskOwner.runBody}). */
export interface BodyPolicy {
  /** The body has thrown. Returns whether that is a cancellation and not a failure. Must not throw. */
  bodyThrew(error: unknown, owner: TaskOwner): boolean;
  /** The body has returned or thrown; children may be left. Must not throw. */
  bodyEnded?(): void;
  /**
   * All children have ended, and the scope is closed. Throws if the call fails; otherwise it resolves with the body's value, or with `undefined`
   * if the body has thrown.
   *
   * @param leftOpen - What `close` has returned.
   * @param isCut - What `bodyThrew` has returned.
   */
  settle(owner: TaskOwner, leftOpen: unknown, isCut: boolean): void;
}

/** Calls a body in the owner's scope, waits for it and for all children, closes the scope, and asks the policy for the outcome. */
export async function runOwner<A, T>(
  owner: TaskOwner,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
  policy: BodyPolicy,
): Promise<T | undefined> {
  let value: T | undefined;
  let isCut = false;
  let hasFailed = false;
  try {
    value = await callIn(owner.scope, body, argument);
  } catch (error) {
    isCut = policy.bodyThrew(error, owner);
    hasFailed = !isCut;
  }
  policy.bodyEnded?.();
  while (owner.size > 0) await owner.whenEmpty();
  policy.settle(owner, owner.close(isCut || hasFailed), isCut);
  return value;
}
