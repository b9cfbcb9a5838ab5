import { nextTurn } from "./macrotask.js";

const QUIET_TURNS = 10;
const MOST_TURNS = 1000;

let activity = 0;
let waiting = 0;

/**
 * Resolves when whatever can run without time passing has run.
 *
 * It lets the event loop turn until ten turns in a row brought nothing new, a thousand turns at most, so that a program
 * which never rests does not hold it up for ever. A timer set, cleared or fired on a `VirtualClock` and a point passed
 * in a `sequence` are new; nothing else can be seen. So this has run when it resolves:
 *
 * - every chain of promises, however long, and every `queueMicrotask` and `process.nextTick`;
 * - every chain of up to ten macrotasks: `scope.checkpoint()`, `setImmediate`, a `MessageChannel`.
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
    await quiet();
  } finally {
    waiting--;
    // Whoever awaited this is about to go on, which `blocked` must not overlook.
    noteActivity();
  }
}

/** As `settled`, but last in line: resolves only when nobody is waiting for `settled` either. */
export async function blocked(): Promise<void> {
  do {
    await quiet();
  } while (waiting > 0);
}

/** Something happened that may have made code runnable: those who wait for quiet start counting afresh. */
export function noteActivity(): void {
  activity++;
}

async function quiet(): Promise<void> {
  let seen = activity;
  for (let turns = 0, quietTurns = 0; quietTurns < QUIET_TURNS && turns < MOST_TURNS; turns++) {
    await nextTurn();
    quietTurns = activity === seen ? quietTurns + 1 : 0;
    seen = activity;
  }
}
