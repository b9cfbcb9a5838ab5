import type { Clock } from "./clock.js";

/** Platform timers take a signed 32-bit delay. With a longer one they fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** By how many milliseconds a real timer may be early: platforms count in whole milliseconds from the start of the turn. */
const EARLIEST = 2;

/** Something that waits for a time on a clock, with its own timer (C1). */
export interface Timed {
  /** The time waited for. It may be later than the timer's, which is then set again when it fires (S10). */
  when: number;
  /** The clock that the timer was set on. */
  clock: Clock;
  /** The timer, while `armedFor` is finite. A clock may make it anything, `undefined` included. */
  timer: unknown;
  /** The time for which the timer is set; `Infinity` while there is none. */
  armedFor: number;
  /** Whether the timer keeps the process alive. */
  readonly keepsAlive: boolean;
  /** Called when the time has come. It has no timer then. */
  timePassed(): void;
  /** Called if the clock throws when the timer is to be set again. It has no timer then. */
  clockFailed(error: unknown): void;
}

/** Sets the timer, in place of a later one that it may have. An error that the clock throws passes, and changes nothing. */
export function arm(timed: Timed, now: number): void {
  const { clock, when } = timed;
  const delay = Math.min(Math.max(0, when - now), LONGEST_DELAY);
  const armedFor = when - now > LONGEST_DELAY ? now + LONGEST_DELAY : when;
  const timer = clock.setTimer(() => {
    timerFired(timed, armedFor);
  }, delay);
  // A loop: the clock is other code, which may itself have set the timer.
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

/** Clears the timer, if there is one. An error that the clock throws passes, and changes nothing. */
export function disarm(timed: Timed): void {
  const { timer, clock, armedFor } = timed;
  if (armedFor === Infinity) return;
  timed.armedFor = Infinity; // first: a clock is other code, which may come here again
  timed.timer = undefined;
  try {
    // Node keeps the list of a delay until its time if a timer is cleared while it is unreferenced.
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
  if (timed.armedFor !== armedFor) return; // the clock fires a timer that it was asked to clear
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

/** Sets the timer again if the time has not come; returns whether that is so. */
function armRest(timed: Timed, armedFor: number): boolean {
  const { clock, when } = timed;
  if (when === Infinity) return true;
  const isReal = clock.isReal === true;
  if (!isReal && when <= armedFor) return false; // whatever its `now()` says: fake timers need not fake the time
  let now = armedFor;
  if (isReal) now = clock.now();
  else if (clock.goesWithTimers !== false) now = Math.max(armedFor, clock.now());
  if (when <= (isReal ? now + EARLIEST : now)) return false;
  arm(timed, now);
  return true;
}
