import type { CancelScope } from "../cancel-scope.js";
import { reasonOf } from "../run/absorb.js";
import { endScope } from "../run/close-scope.js";
import { siblingScope } from "../tree/sibling-scope.js";
import type { Source } from "./source.js";

/**
 * Releases a source that was left early, and waits for that until an outer owner cancels or the deadline of the call has passed. Errors are added to
 * `errors`.
 */
export async function releaseSource(source: Source<unknown>, scope: CancelScope, errors: Set<unknown>): Promise<void> {
  const released = source.release(errors);
  if (released === undefined) return;
  let outer: CancelScope | undefined;
  try {
    outer = siblingScope(scope);
    outer.deadline = scope.deadline; // set by `within`, which limits the whole call (V10)
    await outer.race(released);
  } catch (error) {
    if (outer === undefined || error !== reasonOf(outer)) errors.add(error); // a clock that throws (C1)
  }
  const failure = outer && endScope(outer, true);
  if (failure !== undefined) errors.add(failure);
}
