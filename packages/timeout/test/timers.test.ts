import { getEventListeners } from "node:events";
import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { moveOnAfter, type Timeout, timeout } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";
import { runProgram } from "@selvage/test-support/run-program";

const programs = { timeout: 150_000 };

describe("the timer of a timeout", () => {
  it("the timer of a timeout does not outlive the body, however the body ends (O6)", async () => {
    const clock = new BusyClock();
    const parent = new CancelScope({ clock });
    const bodies: ((own: Timeout) => unknown)[] = [
      () => "returns",
      async () => "returns later",
      () => {
        throw new Error("throws");
      },
      () => Promise.reject(new Error("fails")),
      (own) => {
        own.scope.cancel();
        return own.scope.sleep(1_000);
      },
      (own) => {
        own.reschedule(null);
      },
      (own) => {
        own.reschedule(clock.time + 5_000);
      },
      (own) => {
        own.reschedule(clock.time + 10);
      },
      (own) => {
        clock.time += 1_000;
        return own.scope.sleep(1);
      },
      (own) => {
        parent.cancel();
        return own.scope.sleep(1);
      },
    ];
    for (const body of bodies) {
      for (const run of [timeout, moveOnAfter]) {
        const pending = run(100, body, { parent }).catch(() => {});
        if (!parent.cancelled) expect(clock.armed.size).toBeLessThanOrEqual(1);
        await pending;
        expect(clock.armed.size).toBe(0);
      }
    }
    parent.close();
  });

  it("each timeout sets its own timer where it begins (O6, C1)", async () => {
    const clock = new BusyClock();
    const ends: (() => void)[] = [];
    const runs = Array.from({ length: 100 }, (_, index) =>
      timeout(1_000 + index, () => new Promise<void>((resolve) => ends.push(resolve)), { clock }),
    );
    expect([...clock.armed.values()]).toEqual(runs.map((_, index) => 1_000 + index));
    for (const end of ends) end();
    await Promise.all(runs);
    expect([clock.timersSet, clock.armed.size]).toEqual([100, 0]);
  });

  it("a timeout without a limit, or with no time at all, sets no timer (O5, O6)", async () => {
    const clock = new BusyClock();
    await timeout(null, () => {}, { clock });
    await timeout(Infinity, () => {}, { clock });
    await timeout(0, () => {}, { clock });
    expect(clock.armed.size).toBe(0);
  });

  it("timeouts add one listener to an AbortSignal, however many it limits, and leave none (S8)", async () => {
    const { signal } = new AbortController();
    const ends: (() => void)[] = [];
    const runs = Array.from({ length: 100 }, () =>
      timeout(1_000, () => new Promise<void>((resolve) => ends.push(resolve)), {
        clock: new BusyClock(),
        parent: signal,
      }),
    );
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    for (const end of ends) end();
    await Promise.all(runs);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("a timeout keeps the process alive while the body is pending, and not beyond (O6)", programs, async () => {
    const end = await runProgram(new URL("programs/pending.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "pending 1\nTimeoutError: timed out after 50 ms 0\n", stderr: "" });
  });

  it("a timeout does not keep the process alive once its body has ended (O6)", programs, async () => {
    const end = await runProgram(new URL("programs/ended.ts", import.meta.url));
    const outcomes = "fulfilled fulfilled rejected rejected fulfilled fulfilled rejected";
    expect(end).toEqual({ code: 0, stdout: `${outcomes}\n0\n`, stderr: "" });
  });

  it("a timeout does not keep the process alive once its limit is removed (O6)", programs, async () => {
    const end = await runProgram(new URL("programs/rescheduled.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "exits\n", stderr: "" });
  });
});
