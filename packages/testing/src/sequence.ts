import { ClosedError, InvalidStateError } from "@selvage/scope";
import { describeValue } from "@selvage/scope/internal";
import { queueMacrotask } from "./macrotask.js";
import { noteActivity } from "./settled.js";

/** The points of an interleaving. Call it with a number to wait until it is the turn of that point. */
export interface Sequence {
  /**
   * Resolves once every lower point was passed or given up, and the code after the previous point has run until it waits for more than promises.
   *
   * **Cancellation:** if `signal` aborts first, the call rejects with the signal's reason, and the point is given up. It is never passed, and later
   * points do not wait for it. A scope has a signal, so you can write `step(1, scope)`.
   *
   * @throws {RangeError} If `point` is not a whole number from 0, or is beyond the announced points. This breaks the sequence: all pending and
   * later calls fail with the same error, so that no call hangs.
   * @throws {InvalidStateError} If the point was used before. This breaks the sequence too.
   * @throws {ClosedError} If the sequence has ended.
   */
  (point: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** The points that were passed, in order. */
  readonly passed: readonly number[];
  /** The points whose calls are pending, in order of the calls. */
  readonly waiting: readonly number[];
  /** Declares that no further point will be called. Pending calls behind a gap reject with a `ClosedError` that names the missing point. */
  end(): void;
}

/** A pending call of a point. */
interface Waiter {
  pass(): void;
  fail(error: Error): void;
}

/**
 * Pins an interleaving. Code in any task calls `step(0)`, `step(1)` … in any order, and continues in the order of the numbers.
 *
 * A point is passed at least one turn of the event loop after the previous one. So the code after `await step(0)` runs, until it waits for more than
 * promises, before the code after `await step(1)`. To delay the next point until some work is done, put the point after the work.
 *
 * Pass the number of points if it is known. A larger number is then an error at once, and not an endless wait. The sequence cannot know that a
 * missing point will never be called. Call `end()` to declare it.
 *
 * @throws {RangeError} If `points` is not a whole number above 0.
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

  /** Returns the error of a wrong point; `undefined` if it is right. */
  function misuseOf(point: number): Error | undefined {
    if (!Number.isInteger(point) || point < 0)
      return new RangeError(`A step must be a whole number from 0, got ${describeValue(point)}.`);
    if (point >= points)
      return new RangeError(`Step ${point} is beyond the ${points} points announced: the last one is ${points - 1}.`);
    if (point < next || waiting.has(point) || givenUp.has(point))
      return new InvalidStateError(`Step ${point} is used twice: give each point its own number.`);
    return undefined;
  }

  /** Passes the next point if its call is pending, and the previous point was passed at least one turn ago. */
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
      `The sequence has ended, but step ${gap} was never called. These steps waited for it: ${numbers}.`,
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
