import type { Clock } from "../time/clock.js";

/** The instances that are kept. */
const instances: unknown[] = [];
/** A clock that does nothing, because some platforms do not allow reading the clock while modules load. Observers ignore scopes that have it. */
export const stopped: Clock = { now: () => 0, setTimer() {}, clearTimer() {} };

/**
 * Keeps one instance of a hot class alive. If a full garbage collection finds no instance, V8 drops the hidden class, and deoptimises every
 * function that depends on it. Starting a thousand tasks then takes six times as long.
 *
 * @param make - Makes the instance, with a clock that stands still.
 */
export function keepHot(make: (clock: Clock) => unknown): void {
  instances.push(make(stopped));
}

/** Whether a scope is one of these instances, or belongs to one. A tool that searches the heap for scopes leaves it out. */
export function isKeptHot(scope: { readonly clock: Clock }): boolean {
  return scope.clock === stopped || instances.includes(scope);
}
