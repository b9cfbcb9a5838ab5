import type { Clock } from "./clock.js";

/** Platform timers take a signed 32-bit delay. With a longer one they fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** By how many milliseconds a real timer may be early: platforms count in whole milliseconds from the start of the turn. */
const EARLIEST = 2;

/** Something that waits for a time on a clock, with its own timer (C1). */
export interface Alarm {
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
  /** Called when the time has come. The alarm has no timer then. */
  timePassed(): void;
  /** Called if the clock throws when the timer is to be set again. The alarm has no timer then. */
  clockFailed(error: unknown): void;
}

/** Sets the alarm's timer, in place of a later one that it may have. An error that the clock throws passes, and changes nothing. */
export function arm(alarm: Alarm, now: number): void {
  const { clock, when } = alarm;
  const delay = Math.min(Math.max(0, when - now), LONGEST_DELAY);
  const armedFor = when - now > LONGEST_DELAY ? now + LONGEST_DELAY : when;
  const timer = clock.setTimer(() => {
    timerFired(alarm, armedFor);
  }, delay);
  // A loop: the clock is other code, which may itself have armed the alarm.
  while (alarm.armedFor !== Infinity) {
    if (alarm.armedFor <= armedFor) {
      clock.clearTimer(timer);
      return;
    }
    disarm(alarm); // if it throws, the new timer is ignored when it fires
  }
  alarm.timer = timer;
  alarm.armedFor = armedFor;
  if (!alarm.keepsAlive) clock.setKeepAlive?.(timer, false);
}

/** Clears the alarm's timer, if there is one. An error that the clock throws passes, and changes nothing. */
export function disarm(alarm: Alarm): void {
  const { timer, clock, armedFor } = alarm;
  if (armedFor === Infinity) return;
  alarm.armedFor = Infinity; // first: a clock is other code, which may come here again
  alarm.timer = undefined;
  try {
    // Node keeps the list of a delay until its time if a timer is cleared while it is unreferenced.
    if (!alarm.keepsAlive) clock.setKeepAlive?.(timer, true);
    clock.clearTimer(timer);
  } catch (error) {
    if (alarm.armedFor === Infinity) {
      alarm.armedFor = armedFor;
      alarm.timer = timer;
    }
    throw error;
  }
}

function timerFired(alarm: Alarm, armedFor: number): void {
  if (alarm.armedFor !== armedFor) return; // the clock fires a timer that it was asked to clear
  alarm.armedFor = Infinity;
  alarm.timer = undefined;
  let isEarly: boolean;
  try {
    isEarly = armRest(alarm, armedFor);
  } catch (error) {
    alarm.clockFailed(error);
    return;
  }
  if (!isEarly) alarm.timePassed();
}

/** Sets the timer again if the time has not come; returns whether that is so. */
function armRest(alarm: Alarm, armedFor: number): boolean {
  const { clock, when } = alarm;
  if (when === Infinity) return true;
  const isReal = clock.isReal === true;
  if (!isReal && when <= armedFor) return false; // whatever its `now()` says: fake timers need not fake the time
  let now = armedFor;
  if (isReal) now = clock.now();
  else if (clock.goesWithTimers !== false) now = Math.max(armedFor, clock.now());
  if (when <= (isReal ? now + EARLIEST : now)) return false;
  arm(alarm, now);
  return true;
}
