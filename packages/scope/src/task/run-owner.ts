import { callIn } from "../tree/enclosing.js";
import type { TaskOwner } from "./task-owner.js";

/** Decides what the body of an owner of tasks means ({@link TaskOwner.runBody}). */
export interface BodyPolicy {
  /** Called when the body has thrown. Returns true if that is a cancellation, and false if it is a failure. Must not throw. */
  bodyThrew(error: unknown, owner: TaskOwner): boolean;
  /** Called when the body has returned or thrown. Children may be left. Must not throw. */
  bodyEnded?(): void;
  /**
   * Called when all children have ended and the scope is closed. If it throws, the call rejects. Otherwise the call resolves with the body's value,
   * or with `undefined` if the body has thrown.
   *
   * @param leftOpen - The result of `close`.
   * @param isCut - The result of `bodyThrew`; false if the body has returned.
   */
  settle(owner: TaskOwner, leftOpen: unknown, isCut: boolean): void;
}

/** Calls a body in the owner's scope, waits for it and for all children, and closes the scope. The policy decides the outcome. */
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
