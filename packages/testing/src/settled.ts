import { nextTurn } from "./macrotask.js";

const QUIET_TURNS = 10;
const MOST_TURNS = 10_000;

let activity = 0;
let waiting = 0;
let turning = 0;

/**
 * Resolves when whatever can run without time passing has run.
 *
 * It lets the event loop turn until ten turns in a row brought nothing new, 10,000 turns at most, so that a program which
 * never rests does not hold it up for ever. What is done with a `VirtualClock` (a timer set, cleared or fired, a
 * checkpoint) and a point passed in a `sequence` are new; nothing else can be seen. So this has run when it resolves:
 *
 * - every chain of promises, however long, and every `queueMicrotask` and `process.nextTick`;
 * - every chain of `scope.checkpoint()` on a `VirtualClock`, up to those 10,000 turns;
 * - every chain of up to ten other macrotasks: `setImmediate`, a `MessageChannel`.
 *
 * It does **not** wait for the outside: real timers, sockets, files, workers, child processes. Await those themselves.
 *
 * Cost: ten turns, some 20 µs on Node.
 *
 * @example
 * ```ts
 * import { settled } from "@selvage/testing";
 *
 * let ran = false;
 * void Promise.resolve().then(() => Promise.resolve()).then(() => { ran = true; });
 * await settled();
 * console.log(ran); // true
 * ```
 */
export async function settled(): Promise<void> {
  waiting++;
  try {
    await quiet(QUIET_TURNS);
  } finally {
    waiting--;
    // Whoever awaited this is about to go on, which `blocked` must not overlook.
    noteActivity();
  }
}

/**
 * As `settled`, but last in line: resolves only when nobody is waiting for `settled` either. False where there was no rest
 * after all: something went on for all of the turns that it was given.
 */
export async function blocked(quietTurns: number = QUIET_TURNS): Promise<boolean> {
  let atRest: boolean;
  do {
    atRest = await quiet(quietTurns);
  } while (waiting > 0);
  return atRest;
}

/** Something happened that may have made code runnable: those who wait for quiet start counting afresh. */
export function noteActivity(): void {
  activity++;
}

/** How much has happened so far. */
export function activityNoted(): number {
  return activity;
}

/** Whether somebody waits for `settled`, as each move does. */
export function isAwaited(): boolean {
  return waiting > 0;
}

/** Somebody waits for the event loop to turn: there is no quiet until that turn was taken. */
export function turnAsked(): void {
  turning++;
}

export function turnTaken(): void {
  turning--;
  noteActivity();
}

async function quiet(quietTurns: number): Promise<boolean> {
  let seen = activity;
  let inARow = 0;
  for (let turns = 0; inARow < quietTurns; turns++) {
    if (turns === MOST_TURNS) return false;
    await nextTurn();
    inARow = activity === seen && turning === 0 ? inARow + 1 : 0;
    seen = activity;
  }
  return true;
}
