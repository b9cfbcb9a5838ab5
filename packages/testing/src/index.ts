/**
 * For tests: a clock whose time the test controls, pinned orders of execution, and a search through many orders.
 *
 * @packageDocumentation
 */
export { explore, type ExploreOptions } from "./explore.js";
export type { RunBody, RunOptions } from "./run-on-clock.js";
export { SeedError } from "./seed-error.js";
export { sequence, type Sequence } from "./sequence.js";
export { settled } from "./settled.js";
export { StalledError } from "./stalled-error.js";
export { VirtualClock, type VirtualClockOptions } from "./virtual-clock.js";
