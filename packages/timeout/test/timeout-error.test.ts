import { isCancellation } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelledError, timeout, TimeoutError } from "../src/index.js";

describe("TimeoutError", () => {
  it("a TimeoutError is an Error with its own name, which is not enumerable (O1)", () => {
    const error = new TimeoutError("too slow", { cause: "why" });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.cause]).toEqual(["TimeoutError", "too slow", "why"]);
    expect(String(error)).toBe("TimeoutError: too slow");
    expect(Object.keys(error)).toEqual([]);
  });

  it("a TimeoutError is never a cancellation, whatever its cause (O2, S15)", async () => {
    const error: unknown = await timeout(5, ({ scope }) => scope.sleep(10), {
      clock: new VirtualClock({ autojump: true }),
    }).catch((error: unknown) => error);
    const { cause } = error as TimeoutError;
    expect(cause).toBeInstanceOf(CancelledError);
    expect(isCancellation(cause)).toBe(true);
    expect(isCancellation(error)).toBe(false);
    expect(isCancellation(error, (cause as CancelledError).scope)).toBe(false);
    expect(isCancellation(new Error("wrapped", { cause: error }))).toBe(false);
    expect(isCancellation(new AggregateError([cause, error]))).toBe(false);
  });

  it("a TimeoutError is recognised by its brand, which another copy of the package sets as well (D2, O2)", () => {
    class OtherCopy extends Error {
      static {
        Object.defineProperty(this.prototype, Symbol.for("@selvage/timeout/TimeoutError"), { value: true });
      }
    }
    const aborted = new DOMException("", "AbortError");
    expect(isCancellation(new OtherCopy("", { cause: aborted }))).toBe(false);
    expect(Object.getOwnPropertySymbols(TimeoutError.prototype)).toEqual([Symbol.for("@selvage/timeout/TimeoutError")]);
  });

  it.each([
    [1_500, undefined, "timed out after 1500 ms"],
    [1_500, "load", '"load" timed out after 1500 ms'],
    [0.6, undefined, "timed out after 1 ms"],
    [-20, undefined, "timed out after 0 ms"],
  ])("a TimeoutError states the time and the name: %d, %s (O1)", async (ms, name, message) => {
    const clock = new VirtualClock({ autojump: true });
    await expect(timeout(ms, ({ scope }) => scope.sleep(5_000), { clock, name })).rejects.toThrow(
      new TimeoutError(message),
    );
  });

  it("a TimeoutError states the distance that the last reschedule set (O1, O6)", async () => {
    const clock = new VirtualClock({ start: 100, autojump: true });
    const moved = timeout(
      50,
      async (own) => {
        await own.scope.sleep(20);
        own.reschedule(clock.now() + 100);
        await own.scope.sleep(1_000);
      },
      { clock },
    );
    await expect(moved).rejects.toThrow("timed out after 100 ms");
  });
});
