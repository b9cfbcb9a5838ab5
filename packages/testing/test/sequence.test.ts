import { getEventListeners } from "node:events";
import { CancelScope, CancelledError, ClosedError, InvalidStateError } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { sequence, settled, VirtualClock } from "../src/index.js";
import { nextTurn } from "../src/macrotask.js";

describe("sequence", () => {
  it("a sequence releases callers in order of their numbers, whatever the order of the calls (C2)", async () => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const step = sequence();
      const log: number[] = [];
      await Promise.all(
        order.map(async (point) => {
          await step(point);
          log.push(point);
        }),
      );
      expect(log).toEqual([0, 1, 2, 3]);
    }
  });

  it("a sequence holds a caller back until every lower point was passed (C2)", async () => {
    const step = sequence();
    const log: string[] = [];
    void step(2).then(() => log.push("passed 2"));
    await step(0);
    await settled();
    expect(log).toEqual([]);
    await step(1);
    await settled();
    expect(log).toEqual(["passed 2"]);
  });

  it("a point is passed only after the code behind the one before has run as far as promises carry it (C2)", async () => {
    for (const calledFirst of [0, 1]) {
      const step = sequence();
      const log: string[] = [];
      async function before(): Promise<void> {
        await (async () => {
          await step(0);
        })();
        for (let hop = 0; hop < 50; hop++) await Promise.resolve();
        log.push("after 0");
      }
      async function after(): Promise<void> {
        await step(1);
        log.push("after 1");
      }
      await Promise.all(calledFirst === 0 ? [before(), after()] : [after(), before()]);
      expect(log).toEqual(["after 0", "after 1"]);
    }
  });

  it("one task may take several points, and its code between them runs in between (C2)", async () => {
    const step = sequence();
    const log: string[] = [];
    async function outer(): Promise<void> {
      await step(0);
      log.push("begin");
      await nextTurn();
      await nextTurn();
      log.push("end");
      await step(1);
    }
    async function inner(): Promise<void> {
      await step(2);
      log.push("inner");
    }
    await Promise.all([inner(), outer()]);
    expect(log).toEqual(["begin", "end", "inner"]);
  });

  it("a point may be passed across virtual time (C2)", async () => {
    const clock = new VirtualClock();
    const step = sequence();
    const log: string[] = [];
    clock.setTimer(() => void step(0).then(() => log.push(`0 at ${clock.now()}`)), 10);
    clock.setTimer(() => void step(1).then(() => log.push(`1 at ${clock.now()}`)), 5);
    clock.setTimer(() => void step(2).then(() => log.push(`2 at ${clock.now()}`)), 5);
    await clock.advance(20);
    expect(log).toEqual(["0 at 10", "1 at 10", "2 at 10"]);
  });

  it.each([0, -1, 1.5, NaN])("sequence refuses %s as the number of points", (points) => {
    expect(() => sequence(points)).toThrow(RangeError);
    expect(() => sequence(points)).toThrow(`points must be a whole number above 0, got ${points}.`);
  });
});

describe("Sequence.passed and Sequence.waiting", () => {
  it("passed and waiting list the points that were passed and those that are waited for", async () => {
    const step = sequence();
    expect([step.passed, step.waiting]).toEqual([[], []]);
    const others = [step(3), step(1)];
    expect([step.passed, step.waiting]).toEqual([[], [3, 1]]);
    await step(0);
    await others[1];
    expect([step.passed, step.waiting]).toEqual([[0, 1], [3]]);
    await step(2);
    await others[0];
    expect([step.passed, step.waiting]).toEqual([[0, 1, 2, 3], []]);
  });

  it("passed and waiting are snapshots", async () => {
    const step = sequence();
    const { passed } = step;
    await step(0);
    expect(passed).toEqual([]);
  });
});

describe("a misuse of a sequence", () => {
  it.each([-1, 0.5, NaN, "0" as unknown as number])("the point %s is refused", (point) => {
    const step = sequence();
    expect(() => void step(point)).toThrow(RangeError);
  });

  it("a point used twice is refused: while it waits, once it was passed, and once it was given up (C2)", async () => {
    const waiting = sequence();
    const waiter = waiting(1);
    expect(() => void waiting(1)).toThrow(InvalidStateError);
    expect(() => void waiting(1)).toThrow("Step 1 is used twice: give each point its own number.");
    await expect(waiter).rejects.toThrow("Step 1 is used twice");

    const passed = sequence();
    await passed(0);
    expect(() => void passed(0)).toThrow("Step 0 is used twice: give each point its own number.");

    const givenUp = sequence();
    await expect(givenUp(1, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
    expect(() => void givenUp(1)).toThrow("Step 1 is used twice: give each point its own number.");
  });

  it("a point beyond the announced ones is refused, so that a typing error does not wait forever (C2)", async () => {
    const step = sequence(2);
    await step(0);
    expect(() => void step(2)).toThrow(RangeError);
    const again = sequence(2);
    expect(() => void again(2)).toThrow("Step 2 is beyond the 2 points announced: the last one is 1.");
  });

  it("a misuse breaks the sequence: all waiting and later callers get the very same error, and nothing hangs (C2)", async () => {
    const step = sequence();
    const waiters = [step(2), step(3)];
    let thrown: unknown;
    try {
      void step(3);
    } catch (error) {
      thrown = error;
    }
    for (const waiter of waiters) await expect(waiter).rejects.toBe(thrown);
    expect(() => void step(0)).toThrow(thrown);
    expect(step.waiting).toEqual([]);
  });
});

describe("a point that is given up", () => {
  it("a point that is given up rejects with the signal's reason, is not passed, and holds up no other (C2)", async () => {
    const step = sequence();
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const given = step(1, { signal: controller.signal });
    const last = step(2);
    controller.abort(reason);
    await expect(given).rejects.toBe(reason);
    await step(0);
    await last;
    expect(step.passed).toEqual([0, 2]);
  });

  it("giving a point up releases callers that waited only for it, whether it was given up while waiting or at the call (C2)", async () => {
    const controller = new AbortController();
    const step = sequence();
    await step(0);
    const [given, last] = [step(2, { signal: controller.signal }), step(3)];
    controller.abort("while waiting");
    await expect(given).rejects.toBe("while waiting");
    await settled();
    expect(step.waiting).toEqual([3]);
    await expect(step(1, { signal: AbortSignal.abort("at the call") })).rejects.toBe("at the call");
    await last;
    expect(step.passed).toEqual([0, 3]);
  });

  it("the point of a task whose scope is cancelled is given up: the scope itself may be passed (C2)", async () => {
    const step = sequence();
    const scope = new CancelScope();
    const given = step(0, scope);
    expect(step.passed).toEqual([0]);
    await given;
    const waiter = step(2, scope);
    scope.cancel("enough");
    await expect(waiter).rejects.toBe(scope.reason);
    expect(scope.reason).toBeInstanceOf(CancelledError);
    await step(1);
    await step(3);
    expect(step.passed).toEqual([0, 1, 3]);
    scope.close();
  });

  it("a signal that aborts after the point was passed changes nothing", async () => {
    const step = sequence();
    const controller = new AbortController();
    await step(0, { signal: controller.signal });
    controller.abort();
    await step(1);
    expect(step.passed).toEqual([0, 1]);
  });

  it("a point leaves no listener behind: passed, given up, aborted before, broken or ended", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    await sequence()(0, { signal });
    const broken = sequence();
    const failed = broken(1, { signal });
    expect(() => void broken(1)).toThrow();
    await expect(failed).rejects.toThrow("used twice");
    const ended = sequence();
    const stuck = ended(1, { signal });
    ended.end();
    await expect(stuck).rejects.toThrow("has ended");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    const given = sequence()(1, { signal });
    controller.abort("gone");
    await expect(given).rejects.toBe("gone");
    await expect(sequence()(1, { signal })).rejects.toBe("gone");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("Sequence.end", () => {
  it("end rejects the callers that wait behind a gap, which the error names (C2)", async () => {
    const step = sequence();
    await step(0);
    const waiters = [step(3), step(2)];
    step.end();
    for (const waiter of waiters) {
      await expect(waiter).rejects.toThrow(
        "The sequence has ended, but step 1 was never called. These steps waited for it: 2, 3.",
      );
    }
    expect(step.waiting).toEqual([]);
  });

  it("end releases the callers before the gap, in their turns (C2)", async () => {
    const step = sequence();
    const waiters = [step(0), step(1), step(2), step(4)];
    step.end();
    const outcomes = await Promise.allSettled(waiters);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(step.passed).toEqual([0, 1, 2]);
  });

  it("end does not count a given-up point as a gap", async () => {
    const step = sequence();
    await expect(step(2, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
    const waiters = [step(0), step(1), step(3)];
    step.end();
    await Promise.all(waiters);
    expect(step.passed).toEqual([0, 1, 3]);
  });

  it("end makes every later point an error, and may be called again", async () => {
    const step = sequence();
    step.end();
    step.end();
    expect(() => void step(0)).toThrow(ClosedError);
    expect(() => void step(0)).toThrow("The sequence has ended: no further point may be used.");
  });

  it("end keeps the error of a sequence that was broken before", async () => {
    const step = sequence(1);
    expect(() => void step(5)).toThrow("beyond");
    step.end();
    expect(() => void step(0)).toThrow("Step 5 is beyond");
  });
});
