import type { Clock } from "./clock.js";

/** The longest delay of platform timers, which is a signed 32-bit number. A timer with a longer delay fires at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** How many milliseconds a real timer may be early. Platforms count whole milliseconds from the start of the turn. */
const EARLIEST = 2;

/** An object that waits for a time on a clock, with its own timer (C1). */
export interface Timed {
  /** The time that it waits for; `Infinity` for none. It may be later than `armedFor`. Then the timer is set again when it fires (S10). */
  when: number;
  /** The clock that the timer was set on. */
  clock: Clock;
  /** The timer, while `armedFor` is finite. It may be any value, even `undefined`, because it comes from the clock. */
  timer: unknown;
  /** The time for which the timer is set; `Infinity` while there is none. */
  armedFor: number;
  /** Whether the timer keeps the process alive. */
  readonly keepsAlive: boolean;
  /** Called when the time has come. There is no timer at that point. */
  timePassed(): void;
  /** Called if the clock throws when the timer is set again. There is no timer at that point. */
  clockFailed(error: unknown): void;
}

/** Sets the timer. It replaces a later timer. If the clock throws, the call throws that error and changes nothing. */
export function arm(timed: Timed, now: number): void {
  const { clock, when } = timed;
  const delay = Math.min(Math.max(0, when - now), LONGEST_DELAY);
  const armedFor = when - now > LONGEST_DELAY ? now + LONGEST_DELAY : when;
  const timer = clock.setTimer(() => {
    timerFired(timed, armedFor);
  }, delay);
  // A loop, because the clock is foreign code, which may have set the timer in the meantime.
  while (timed.armedFor !== Infinity) {
    if (timed.armedFor <= armedFor) {
      clock.clearTimer(timer);
      return;
    }
    disarm(timed); // if it throws, the new timer is ignored when it fires
  }
  timed.timer = timer;
  timed.armedFor = armedFor;
  if (!timed.keepsAlive) clock.setKeepAlive?.(timer, false);
}

/** Clears the timer, if there is one. If the clock throws, the call throws that error and changes nothing. */
export function disarm(timed: Timed): void {
  const { timer, clock, armedFor } = timed;
  if (armedFor === Infinity) return;
  timed.armedFor = Infinity; // first, because the clock is foreign code, which may call this function again
  timed.timer = undefined;
  try {
    // If Node clears an unreferenced timer, it keeps the list of timers with the same delay until that delay has passed.
    if (!timed.keepsAlive) clock.setKeepAlive?.(timer, true);
    clock.clearTimer(timer);
  } catch (error) {
    if (timed.armedFor === Infinity) {
      timed.armedFor = armedFor;
      timed.timer = timer;
    }
    throw error;
  }
}

function timerFired(timed: Timed, armedFor: number): void {
  if (timed.armedFor !== armedFor) return; // the clock fires a timer that was cleared
  timed.armedFor = Infinity;
  timed.timer = undefined;
  let isEarly: boolean;
  try {
    isEarly = armRest(timed, armedFor);
  } catch (error) {
    timed.clockFailed(error);
    return;
  }
  if (!isEarly) timed.timePassed();
}

/** Sets the timer again if the time has not come yet. Returns whether the timer was early. */
function armRest(timed: Timed, armedFor: number): boolean {
  const { clock, when } = timed;
  if (when === Infinity) return true;
  const isReal = clock.isReal === true;
  if (!isReal && when <= armedFor) return false; // `now()` is not read, because fake timers need not fake the time
  let now = armedFor;
  if (isReal) now = clock.now();
  else if (clock.goesWithTimers !== false) now = Math.max(armedFor, clock.now());
  if (when <= (isReal ? now + EARLIEST : now)) return false;
  arm(timed, now);
  return true;
}
