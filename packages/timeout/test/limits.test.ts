import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type Timeout, timeout, timeoutAt, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";
import { errorOf } from "./error-of.js";

describe("a timeout with no time", () => {
  it.each([0, -1, -1e9, -Infinity, -0])("the body runs with its scope already cancelled: %d (O5)", async (ms) => {
    const clock = new VirtualClock({ start: 500 });
    let seen: unknown[] = [];
    const run = timeout(
      ms,
      async (own) => {
        seen = [own.scope.cancelled, own.signal.aborted, own.expired];
        await own.scope.sleep(1);
      },
      { clock },
    );
    const error = await errorOf(run);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toBe("timed out after 0 ms");
    expect(seen).toEqual([true, true, true]);
    expect(clock.pending).toBe(0);
  });

  it("the body is cancelled at its first checkpoint (O5)", async () => {
    expect(await errorOf(timeout(0, ({ scope }) => scope.checkpoint()))).toBeInstanceOf(TimeoutError);
    expect(await errorOf(timeout(0, ({ scope }) => scope.race(Promise.resolve(1))))).toBeInstanceOf(TimeoutError);
  });

  it("the timeout resolves with the value of a body that never checks its scope (O5)", async () => {
    let handle: Timeout | undefined;
    const value = await timeout(0, async (own) => {
      handle = own;
      await settled();
      return "done";
    });
    expect(value).toBe("done");
    expect(handle?.expired).toBe(true);
  });

  it("the timeout waits for the cleanup of a body that is cancelled at once (O1, O5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeout(0, ({ scope }) => scope.sleep(1).finally(() => new CancelScope({ clock }).sleep(200)), {
      clock,
    });
    expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
    expect(clock.now()).toBe(200);
  });
});

describe("a timeout without a limit", () => {
  it.each([null, Infinity])("a timeout of %s has no deadline and sets no timer (O5)", async (ms) => {
    const clock = new BusyClock();
    let handle: Timeout | undefined;
    const value = await timeout(
      ms,
      async (own) => {
        handle = own;
        expect([own.when(), own.scope.deadline]).toEqual([null, Infinity]);
        clock.time = 1e15;
        own.scope.throwIfCancelled();
        return "unlimited";
      },
      { clock },
    );
    expect(value).toBe("unlimited");
    expect(handle?.expired).toBe(false);
    expect(clock.timersSet).toBe(0);
  });

  it("a timeout without a limit is still cancelled by its parent (O4, O5)", async () => {
    const parent = new CancelScope();
    const run = timeout(null, ({ scope }) => scope.sleep(Infinity), { parent });
    parent.cancel();
    expect(await errorOf(run)).toBe(parent.reason);
    parent.close();
  });
});

describe("the time of a timeout", () => {
  it.each([
    [Number.NaN, "NaN"],
    [undefined, "undefined"],
    ["100", '"100"'],
    [10n, "a bigint"],
    [{}, "an object"],
    [new Date(0), "an object"],
    [true, "true"],
  ])("a time of %o is refused before the body is called (O5)", (ms, got) => {
    let calls = 0;
    const body = (): number => ++calls;
    expect(() => timeout(ms as never, body)).toThrow(
      new TypeError(`A timeout must be a number of milliseconds, got ${got}.`),
    );
    expect(() => timeoutAt(ms as never, body)).toThrow(
      new TypeError(`The time of a timeout must be a number of milliseconds, got ${got}.`),
    );
    expect(calls).toBe(0);
  });

  it("a time may be below a millisecond, or beyond the platform timer's range (S10, O5)", async () => {
    const clock = new VirtualClock();
    const cutAt: number[] = [];
    const runs = [0.25, 2 ** 31, 1e12].map((ms) =>
      errorOf(timeout(ms, ({ scope }) => scope.sleep(Infinity).finally(() => cutAt.push(clock.now())), { clock })),
    );
    await clock.runAll();
    expect(await Promise.all(runs)).toHaveLength(3);
    expect(cutAt).toEqual([0.25, 2 ** 31, 1e12]);
  });

  it("a timeout never sets a timer beyond the platform's range on the clock (S10)", async () => {
    const clock = new BusyClock();
    await timeout(
      2 ** 40,
      () => {
        expect([...clock.armed.values()]).toEqual([2 ** 31 - 1]);
      },
      { clock },
    );
  });
});
