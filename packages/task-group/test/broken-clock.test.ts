import { describe, expect, it } from "vitest";
import { any, CancelScope, ExceptionGroup, gatherSettled, mapSettled, race, TaskGroup } from "../src/index.js";
import { errorOf } from "./outcome.js";

const broken = new Error("the clock is broken");

function makeClock(): {
  readonly clock: { now(): number; setTimer(): unknown; clearTimer(): void };
  readonly breakIt: () => void;
  readonly mend: () => void;
} {
  let isBroken = false;
  return {
    clock: {
      now() {
        if (isBroken) throw broken;
        return 0;
      },
      setTimer: () => 0,
      clearTimer() {},
    },
    breakIt: () => {
      isBroken = true;
    },
    mend: () => {
      isBroken = false;
    },
  };
}

describe("a group whose clock throws", () => {
  it("a group whose clock throws still waits for its children, and throws what failed (T1, T3, C1)", async () => {
    const { clock, breakIt } = makeClock();
    const parent = new CancelScope({ clock, deadline: 10 });
    let hasEnded = false;
    const failure = new Error("the body's");
    const run = TaskGroup.run(
      async (group) => {
        group.createTask(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          hasEnded = true;
        });
        await Promise.resolve();
        breakIt();
        throw failure;
      },
      { parent },
    );
    const error: unknown = await run.catch((thrown: unknown) => thrown);
    expect(hasEnded).toBe(true);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).errors).toEqual([failure]);
  });

  it("mapSettled whose clock throws waits for its calls, and fails with the source's error (T12, C1)", async () => {
    const { clock, breakIt } = makeClock();
    const parent = new CancelScope({ clock, deadline: 10 });
    let hasEnded = false;
    const failure = new Error("the source's");
    async function* source(): AsyncGenerator<number> {
      yield 1;
      await Promise.resolve();
      breakIt();
      throw failure;
    }
    const run = mapSettled(
      source(),
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        hasEnded = true;
      },
      { parent },
    );
    const error: unknown = await run.catch((thrown: unknown) => thrown);
    expect(hasEnded).toBe(true);
    expect((error as ExceptionGroup).errors).toContain(failure);
  });

  it("gatherSettled whose clock throws fails with the clock's error, beside other failures (V10, C1)", async () => {
    const { clock, breakIt } = makeClock();
    const parent = new CancelScope({ clock, deadline: 10 });
    const failure = new Error("a task's");
    const failing = (): Promise<never> => {
      breakIt();
      return Promise.reject(failure);
    };
    const error = await errorOf(() => gatherSettled([failing, () => expect.unreachable()], { parent }));
    expect((error as ExceptionGroup).errors).toContain(broken);
  });

  it.each([race, any])(
    "%o whose clock throws fails with the clock's error, and passes a value to discarded (T11, C1)",
    async (call) => {
      const { clock, breakIt, mend } = makeClock();
      const parent = new CancelScope({ clock, deadline: 10 });
      const discarded: unknown[] = [];
      const valued = async (): Promise<string> => {
        breakIt();
        await Promise.resolve();
        mend();
        return "value";
      };
      const options = { parent, discarded: (outcome: unknown) => void discarded.push(outcome) };
      expect(await errorOf(() => call([valued, () => expect.unreachable()], options))).toBe(broken);
      expect(discarded).toEqual([{ status: "fulfilled", value: "value" }]);
    },
  );

  it("disposing a group whose clock throws waits for its children, and throws the clock's error (T7, C1)", async () => {
    const { clock, breakIt } = makeClock();
    const parent = new CancelScope({ clock, deadline: 10 });
    const group = new TaskGroup({ parent });
    let hasEnded = false;
    group.createTask(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      hasEnded = true;
    });
    breakIt();
    const error = await errorOf(() => group[Symbol.asyncDispose]());
    expect(hasEnded).toBe(true);
    expect((error as ExceptionGroup).errors).toContain(broken);
  });
});
