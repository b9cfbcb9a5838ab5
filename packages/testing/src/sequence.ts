import { ClosedError, InvalidStateError } from "@selvage/scope";
import { describeValue } from "@selvage/scope/internal";
import { queueMacrotask } from "./macrotask.js";
import { noteActivity } from "./settled.js";

/** The points of an interleaving: call it with a number to wait for that point's turn. */
export interface Sequence {
  /**
   * Resolves once every lower number was passed or given up, and what follows the point before has run as far as
   * promises carry it.
   *
   * **Cancellation:** when `signal` aborts first, it rejects with the signal's reason, and the point is given up: it is
   * never passed, and holds nobody up. A scope has a signal, so `step(1, scope)` will do.
   *
   * @throws {RangeError} Where `point` is no whole number from 0, or is beyond the points announced. It breaks the sequence: whoever
   * waits or comes later gets that very error, so that nobody hangs.
   * @throws {InvalidStateError} Where the point was used before. It breaks the sequence, too.
   * @throws {ClosedError} Where the sequence has ended.
   */
  (point: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** The points passed so far, in order. */
  readonly passed: readonly number[];
  /** The points whose callers wait, in order of their calls. */
  readonly waiting: readonly number[];
  /** Says that no further point will be called. Whoever waits behind a gap is rejected with a `ClosedError` that names it. */
  end(): void;
}

interface Waiter {
  pass(): void;
  fail(error: Error): void;
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
 * @throws {RangeError} Where `points` is no whole number above 0.
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
    throw new RangeError(`points must be a whole number above 0, got ${describeValue(points)}.`);
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
      const leave = (): void => {
        waiting.delete(point);
        signal?.removeEventListener("abort", giveUp);
      };
      const giveUp = (): void => {
        leave();
        givenUp.add(point);
        reject(signal?.reason as unknown);
        release();
      };
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
      signal?.addEventListener("abort", giveUp, { once: true });
      if (signal?.aborted === true) giveUp();
      else release();
    });
  }

  function misuseOf(point: number): Error | undefined {
    if (!Number.isInteger(point) || point < 0)
      return new RangeError(`A step must be a whole number from 0, got ${describeValue(point)}.`);
    if (point >= points)
      return new RangeError(`Step ${point} is beyond the ${points} points announced: the last one is ${points - 1}.`);
    if (point < next || waiting.has(point) || givenUp.has(point))
      return new InvalidStateError(`Step ${point} is used twice: give each point a number of its own.`);
    return undefined;
  }

  function release(): void {
    while (givenUp.has(next)) next++;
    const waiter = waiting.get(next);
    if (resting || waiter === undefined) return;
    resting = true;
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
    for (const waiter of [...waiting.values()]) waiter.fail(error);
    return error;
  }

  function end(): void {
    let gap = next;
    while (waiting.has(gap) || givenUp.has(gap)) gap++;
    const stuck = [...waiting].filter(([point]) => point > gap).sort(([one], [other]) => one - other);
    const numbers = stuck.map(([point]) => point).join(", ");
    const never = new ClosedError(
      `The sequence has ended and nobody called step ${gap}, which these waited for: ${numbers}.`,
    );
    for (const [, waiter] of stuck) waiter.fail(never);
    broken ??= new ClosedError("The sequence has ended: no further point may be used.");
  }

  return Object.defineProperties(step as Sequence, {
    passed: { get: () => [...passed] },
    waiting: { get: () => [...waiting.keys()] },
    end: { value: end },
  });
}
