import { nextTurn } from "./macrotask.js";

/** How many turns in a row must pass without activity. */
const QUIET_TURNS = 10;
/** How many turns are waited at most. */
const MOST_TURNS = 10_000;

/** Counts everything that may have made code runnable. */
let activity = 0;
/** How many calls of `settled` are pending. */
let waiting = 0;
/** How many turns were requested from a clock and have not been taken. */
let turning = 0;

/**
 * Resolves when everything that can run without time passing has run.
 *
 * It lets the event loop turn until ten turns in a row had no activity, at most 10,000 turns, so that it resolves even for a program that never
 * rests. Activity is what happens on a `VirtualClock` (a timer is set, cleared or fired, a checkpoint is passed), and a point that is passed in a
 * `sequence`. Other activity cannot be seen. So the following has run when it resolves:
 *
 * - every chain of promises, however long, and every `queueMicrotask` and `process.nextTick`;
 * - every chain of `scope.checkpoint()` on a `VirtualClock`, up to those 10,000 turns;
 * - every chain of up to ten other macrotasks: `setImmediate`, a `MessageChannel`.
 *
 * It does **not** wait for anything outside: real timers, sockets, files, workers, child processes. Await those directly.
 *
 * It costs ten turns of the event loop, about 20 µs on Node.
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
    // The code that awaited this is about to continue, which `blocked` must count as activity.
    noteActivity();
  }
}

/**
 * The same as `settled`, but resolves only when no call of `settled` is pending. Returns false if there was activity until the maximum number of
 * turns had passed.
 */
export async function blocked(quietTurns: number = QUIET_TURNS): Promise<boolean> {
  let atRest: boolean;
  do {
    atRest = await quiet(quietTurns);
  } while (waiting > 0);
  return atRest;
}

/** Records activity, which may have made code runnable. Pending calls of `settled` and `blocked` start counting again. */
export function noteActivity(): void {
  activity++;
}

/** Returns a number that changes with every activity. */
export function activityNoted(): number {
  return activity;
}

/** Whether a call of `settled` is pending. Every move makes one. */
export function isAwaited(): boolean {
  return waiting > 0;
}

/** Records that code waits for a turn of the event loop. Until it is taken, no turn counts as quiet. */
export function turnRequested(): void {
  turning++;
}

/** Records that a requested turn was taken. */
export function turnTaken(): void {
  turning--;
  noteActivity();
}

/** Waits until so many turns in a row had no activity. Returns false if the maximum was reached first. */
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
