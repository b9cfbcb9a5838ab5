import { ExceptionGroup } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type Timeout, timeout, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";
import { errorOf } from "./error-of.js";

describe("a timeout whose time passes while its body is still running", () => {
  it.each([
    ["another error", new Error("the body's own")],
    ["an unrelated TimeoutError", new TimeoutError("from elsewhere")],
    ["a group", new ExceptionGroup("two failures", [new Error("one"), new Error("two")])],
    ["a group with the cancellation in it", new AggregateError([new DOMException("", "AbortError"), new Error("one")])],
    ["something else", "a string"],
  ])("a timeout passes on %s that the body throws (O3)", async (_, thrown) => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const run = timeout(10, (own) => (handle = own).scope.sleep(100).catch(() => Promise.reject(thrown)), { clock });
    expect(await errorOf(run)).toBe(thrown);
    expect(handle?.expired).toBe(true);
  });

  it("a body that computes notices its timeout without a turn of the event loop (S9, O1)", async () => {
    const clock = new BusyClock();
    let rounds = 0;
    const run = timeout(
      100,
      async ({ scope }) => {
        for (;;) {
          clock.time += 15;
          rounds++;
          scope.throwIfCancelled();
        }
      },
      { clock },
    );
    expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
    expect(rounds).toBe(7);
  });

  it("the deadline is checked once more when the body ends: its value is kept, and expired is true (O3)", async () => {
    const clock = new BusyClock();
    let handle: Timeout | undefined;
    const value = await timeout(
      100,
      (own) => {
        handle = own;
        clock.time = 150; // computes for 150 ms, and checks nothing
        return "late";
      },
      { clock },
    );
    expect(value).toBe("late");
    expect(handle?.expired).toBe(true);
    expect(clock.armed.size).toBe(0);
  });

  it("the deadline is checked once more when the body fails: its error is kept, and expired is true (O3)", async () => {
    const clock = new BusyClock();
    let handle: Timeout | undefined;
    const error = new Error("too late to matter");
    const run = timeout(
      100,
      (own) => {
        handle = own;
        clock.time = 150;
        throw error;
      },
      { clock },
    );
    expect(await errorOf(run)).toBe(error);
    expect(handle?.expired).toBe(true);
  });
});

describe("a timeout whose body ends or fails in time", () => {
  it("expired is false if the body fails or ends in time, and stays false (O3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = new KeyError("foreign");
    const handles: Timeout[] = [];
    expect(
      await errorOf(
        timeout(
          100,
          (own) => {
            handles.push(own);
            throw error;
          },
          { clock },
        ),
      ),
    ).toBe(error);
    await timeout(100, (own) => void handles.push(own), { clock });
    await clock.advance(1_000);
    expect(handles.map(({ expired }) => expired)).toEqual([false, false]);
  });

  it("an abort before the time has passed is not converted (S15, O4)", async () => {
    const abort = new DOMException("a foreign abort", "AbortError");
    expect(await errorOf(timeout(1_000, () => Promise.reject(abort)))).toBe(abort);
  });
});

class KeyError extends Error {}
