import type { Clock } from "../time/clock.js";

const instances: unknown[] = [];
/** Reading the platform's clock while modules load is not allowed everywhere. What has this clock is no part of the program. */
export const stopped: Clock = { now: () => 0, setTimer() {}, clearTimer() {} };

/**
 * Keeps one instance of a hot class alive. A full garbage collection that finds none lets V8 drop the class's hidden class, and deoptimise
 * every function that knows it: starting a thousand tasks then takes six times as long.
 *
 * @param make - Makes it, on a clock that stands still.
 */
export function keepHot(make: (clock: Clock) => unknown): void {
  instances.push(make(stopped));
}
