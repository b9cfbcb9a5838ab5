import type { Clock } from "../time/clock.js";

/*
 * One timer keeps the process alive for all sleeps without an end (S12), on platforms whose timers are objects: Node and Bun. A timer for each of
 * them would cost half as much as a task. Elsewhere a host may end timers with the request that set them, so each sleep sets its own (C1).
 */

/** The longest delay of platform timers. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** How many sleeps there are. */
let count = 0;
/** The timer, and the clock that set it; `undefined` while there are no sleeps. */
let timer: { readonly clock: Clock; handle: unknown } | undefined;
/** Whether timers are objects; `undefined` until that is known. */
let isShared: boolean | undefined;

/** Keeps the process alive until {@link release} is called as often. Returns false if the caller needs a timer of its own. */
export function hold(clock: Clock): boolean {
  if (isShared === false) return false;
  if (timer === undefined) {
    const handle = set(clock);
    isShared = typeof handle === "object";
    if (!isShared) {
      clock.clearTimer(handle);
      return false;
    }
    timer = { clock, handle };
  }
  count++;
  return true;
}

/** A sleep has ended. */
export function release(): void {
  if (--count > 0) return;
  const { clock, handle } = timer!;
  timer = undefined;
  clock.clearTimer(handle);
}

function set(clock: Clock): unknown {
  return clock.setTimer(() => {
    if (timer !== undefined) timer.handle = set(clock);
  }, LONGEST_DELAY);
}
