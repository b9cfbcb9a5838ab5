export { sequence, type Sequence } from "./sequence.js";
export { settled } from "./settled.js";
export { VirtualClock, type VirtualClockOptions } from "./virtual-clock.js";
