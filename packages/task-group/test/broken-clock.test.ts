import { describe, expect, it } from "vitest";
import { CancelScope, ExceptionGroup, mapSettled, TaskGroup } from "../src/index.js";

const broken = new Error("the clock is broken");

function makeClock(): {
  readonly clock: { now(): number; setTimer(): unknown; clearTimer(): void };
  readonly breakIt: () => void;
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
  };
}

describe("a group whose clock throws", () => {
  it("waits for its children all the same, and throws what failed (T1, T3, C1)", async () => {
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

  it("makes mapSettled wait for its calls, and fail with the source's error (T12, C1)", async () => {
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
});
