import type { CancelScope } from "../cancel-scope.js";

/** Something that code in a scope holds until it gives it back: permits of a semaphore. */
export interface Holding {
  /** What is held, as `describeTree` prints it: '2 permits of semaphore "db"'. */
  readonly holding: string;
}

/*
 * What each scope holds. It is a map, because few scopes hold something, and a field would cost every scope a word. It is weak, so that a semaphore
 * does not retain a scope.
 */
const holdings = new WeakMap<CancelScope, Set<Holding>>();

/** Records that code in a scope holds something. */
export function hold(scope: CancelScope, holding: Holding): void {
  const held = holdings.get(scope);
  if (held === undefined) holdings.set(scope, new Set([holding]));
  else held.add(holding);
}

/** Records that it was given back. */
export function giveBack(scope: CancelScope, holding: Holding): void {
  const held = holdings.get(scope);
  if (held?.delete(holding) === true && held.size === 0) holdings.delete(scope);
}

/** What code in a scope holds. */
export function heldIn(scope: CancelScope): Iterable<Holding> {
  return holdings.get(scope) ?? [];
}
