import { queueMacrotask } from "./macrotask.js";
import { noteActivity } from "./settled.js";

/** The points of an interleaving: call it with a number to wait for that point's turn. */
export interface Sequence {
  /**
   * Resolves once every lower number was passed or given up, and what follows the point before has run as far as
   * promises carry it.
   *
   * **Cancellation:** when `signal` aborts first, it rejects with the signal's reason; the point is given up, is not in
   * `passed`, and holds nobody up.
   *
   * @throws RangeError where `point` is no whole number from 0, or beyond the points announced; Error where it was
   * used before, or the sequence has ended. Each breaks the sequence: whoever waits gets that error too.
   */
  (point: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** The points passed so far, in order. */
  readonly passed: readonly number[];
  /** The points whose callers wait, in order of their calls. */
  readonly waiting: readonly number[];
  /** Says that no further point comes. Whoever still waits is rejected with an error that names the gap. */
  end(): void;
}

interface Waiter {
  readonly pass: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Pins an interleaving: code that calls `step(0)`, `step(1)` … in any order, from any task, runs on in that order.
 *
 * A point is passed at the earliest one turn of the event loop after the one before. So what follows `await step(0)`, up
 * to where it waits for more than promises, comes before what follows `await step(1)`. To hold the next point back
 * until some work is done, put the point after the work.
 *
 * Give the number of points, where it is known: a number beyond them is then an error at once and not a wait for ever.
 * That somebody waits for a point that nobody will call cannot be known; `end()` says so.
 *
 * @throws RangeError where `points` is no whole number above 0.
 *
 * @example
 * ```ts
 * import { sequence } from "@selvage/testing";
 *
 * const step = sequence(3);
 * async function reader(): Promise<void> {
 *   await step(1);
 *   console.log("read");
 * }
 * async function writer(): Promise<void> {
 *   await step(0);
 *   console.log("write");
 *   await step(2);
 *   console.log("close");
 * }
 * await Promise.all([reader(), writer()]); // write, read, close
 * ```
 */
export function sequence(points: number = Infinity): Sequence {
  if (points !== Infinity && !(Number.isInteger(points) && points > 0)) {
    throw new RangeError(`sequence expects a whole number of points above 0, got ${String(points)}`);
  }
  const waiting = new Map<number, Waiter>();
  const givenUp = new Set<number>();
  const passed: number[] = [];
  let next = 0;
  let resting = false;
  let broken: Error | undefined;

  function step(point: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (broken !== undefined) throw broken;
    const misuse = misuseOf(point);
    if (misuse !== undefined) throw breakWith(misuse);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        waiting.delete(point);
        givenUp.add(point);
        reject(signal?.reason);
        release();
      };
      const leave = (): void => {
        signal?.removeEventListener("abort", giveUp);
      };
      if (signal?.aborted) {
        giveUp();
        return;
      }
      signal?.addEventListener("abort", giveUp, { once: true });
      waiting.set(point, {
        pass() {
          leave();
          resolve();
        },
        fail(error) {
          leave();
          reject(error);
        },
      });
      release();
    });
  }

  function misuseOf(point: number): Error | undefined {
    if (!Number.isInteger(point) || point < 0) return new RangeError(`step expects a whole number from 0, got ${String(point)}`);
    if (point >= points) return new RangeError(`step ${point} is beyond the ${points} points announced: the last one is ${points - 1}`);
    if (point < next || waiting.has(point) || givenUp.has(point)) return new Error(`step ${point} is used twice: give each point a number of its own`);
    return undefined;
  }

  function release(): void {
    while (givenUp.has(next)) next++;
    const waiter = waiting.get(next);
    if (resting || waiter === undefined) return;
    resting = true;
    waiting.delete(next);
    passed.push(next++);
    noteActivity();
    waiter.pass();
    queueMacrotask(() => {
      resting = false;
      release();
    });
  }

  function breakWith(error: Error): Error {
    broken = error;
    for (const waiter of waiting.values()) waiter.fail(error);
    waiting.clear();
    return error;
  }

  function end(): void {
    if (broken !== undefined) return;
    const missing = `step ${[...waiting.keys()].join(", ")} waits for step ${next}, which nobody called`;
    breakWith(new Error(waiting.size > 0 ? `the sequence has ended: ${missing}` : "the sequence has ended: no further point may be used"));
  }

  return Object.defineProperties(step as Sequence, {
    passed: { get: () => [...passed] },
    waiting: { get: () => [...waiting.keys()] },
    end: { value: end },
  });
}
