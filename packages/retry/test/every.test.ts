import { describe, expect, expectTypeOf, it } from "vitest";
import { describeTree } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { CancelScope, every, type EveryOptions } from "../src/index.js";
import { autojump, errorOf, HostileClock } from "./helpers.js";

/** Runs `every` until a time, and returns when runs began. `takes` is how long each takes; the last one counts for all further runs. */
async function begins(
  ms: number,
  takes: readonly number[],
  options: EveryOptions & { readonly until?: number; readonly isDeaf?: boolean; readonly cleanup?: number } = {},
): Promise<number[]> {
  const { until = 100, isDeaf = false, cleanup = 0, ...rest } = options;
  const clock = autojump();
  const times: number[] = [];
  using outside = new CancelScope({ clock });
  using parent = new CancelScope({ clock, deadline: until });
  const error = await errorOf(
    every(
      ms,
      async (scope) => {
        times.push(clock.now());
        const time = takes[Math.min(times.length, takes.length) - 1]!;
        if (time === 0) return;
        await (isDeaf ? outside : scope)
          .sleep(time)
          .finally(() => (scope.cancelled ? outside.sleep(cleanup) : undefined));
      },
      { parent, ...rest },
    ),
  );
  expect(error).toBe(parent.reason);
  expect(clock.pending).toBe(0);
  return times;
}

const tens = [10, 20, 30, 40, 50, 60, 70, 80, 90];

describe("the ticks of every", () => {
  it("the first run begins after ms, or at once with immediately (B8)", async () => {
    expect(await begins(10, [0])).toEqual(tens);
    expect(await begins(10, [0], { immediately: true })).toEqual([0, ...tens]);
    let called = false;
    using parent = new CancelScope();
    const result = errorOf(every(10, () => (called = true), { parent, immediately: true }));
    expect(called).toBe(true); // synchronously
    parent.cancel();
    await result;
  });

  it("with immediately the first run begins synchronously on any clock (B8)", async () => {
    let calls = 0;
    using parent = new CancelScope({ clock: new VirtualClock() });
    const result = errorOf(every(10, () => calls++, { parent, immediately: true }));
    expect(calls).toBe(1);
    parent.cancel();
    await result;
  });

  it.each(["skip", "queue", "cancel"] as const)(
    "%s: runs that are shorter than ms begin at each tick (B8)",
    async (overlap) => {
      expect(await begins(10, [4], { overlap })).toEqual(tens);
      expect(await begins(10, [9.999], { overlap })).toEqual(tens);
    },
  );

  it("skip, queue: runs that take exactly ms begin at each tick (B8)", async () => {
    expect(await begins(10, [10])).toEqual(tens);
    expect(await begins(10, [10], { overlap: "queue" })).toEqual(tens);
  });

  it("skip leaves out ticks that occur during a run (B8)", async () => {
    expect(await begins(10, [15])).toEqual([10, 30, 50, 70, 90]);
    expect(await begins(10, [25, 0])).toEqual([10, 40, 50, 60, 70, 80, 90]);
    expect(await begins(10, [10.001])).toEqual([10, 30, 50, 70, 90]);
  });

  it("queue runs once more after a run, however many ticks occurred during it (B8)", async () => {
    expect(await begins(10, [15], { overlap: "queue" })).toEqual([10, 25, 40, 55, 70, 85]);
    expect(await begins(10, [45, 0], { overlap: "queue" })).toEqual([10, 55, 60, 70, 80, 90]);
    expect(await begins(10, [15, 0], { overlap: "queue" })).toEqual([10, 25, 30, 40, 50, 60, 70, 80, 90]);
  });

  it("cancel cancels the old run at the tick, and waits for it first (B8)", async () => {
    expect(await begins(10, [15], { overlap: "cancel" })).toEqual(tens);
    expect(await begins(10, [1_000], { overlap: "cancel", cleanup: 5 })).toEqual([10, 25, 35, 45, 55, 65, 75, 85, 95]);
    expect(await begins(10, [1_000, 0], { overlap: "cancel", cleanup: 32 })).toEqual([10, 52, 60, 70, 80, 90]);
  });

  it("cancel waits for a run that ignores its scope, and drops nothing else (B8)", async () => {
    expect(await begins(10, [35, 0], { overlap: "cancel", isDeaf: true })).toEqual([10, 45, 50, 60, 70, 80, 90]);
  });

  it("cancel: a run that fails while it is cancelled ends every (B8)", async () => {
    const clock = autojump();
    const failure = new Error("while unwinding");
    const result = every(10, (scope) => scope.sleep(50).catch(() => Promise.reject(failure)), {
      clock,
      overlap: "cancel",
    });
    expect([await errorOf(result), clock.now()]).toEqual([failure, 20]);
  });

  it("ticks do not drift over 100,000 runs of any length, on a clock whose times are not whole (B8)", async () => {
    const clock = new VirtualClock({ start: 1_234.567, autojump: true });
    const start = clock.now();
    let runs = 0;
    const stop = new Error("stop");
    const error = await errorOf(
      every(
        0.1,
        (scope) => {
          const tick = (clock.now() - start) / 0.1;
          expect(Math.abs(tick - Math.round(tick))).toBeLessThan(1e-4);
          if (runs++ === 100_000) throw stop;
          return runs % 1_000 === 0 ? scope.sleep(0.05) : undefined;
        },
        { clock, immediately: true },
      ),
    );
    expect(error).toBe(stop);
    expect(Math.round((clock.now() - start) / 0.1)).toBe(100_000); // no tick was left out, and none ran twice
  });

  it("a run that ends just at a tick is followed by one run, although sums of times are not exact (B8)", async () => {
    for (const overlap of ["skip", "queue"] as const) {
      const clock = new VirtualClock({ start: 1_234.567, autojump: true });
      const times: number[] = [];
      const stop = new Error("stop");
      const fn = (scope: CancelScope): Promise<void> => {
        if (times.push(clock.now()) === 1_000) throw stop;
        return times.length % 2 === 1 ? scope.sleep(0.3) : Promise.resolve(); // three ticks, or no time
      };
      expect(await errorOf(every(0.1, fn, { clock, overlap }))).toBe(stop);
      for (let i = 1; i < times.length; i++) {
        expect((times[i]! - times[i - 1]!).toFixed(3)).toBe(i % 2 === 1 ? "0.300" : "0.100");
      }
    }
  });

  it.each(["skip", "queue", "cancel"] as const)(
    "%s: ticks that pass while the event loop is blocked are one tick (B8)",
    async (overlap) => {
      const clock = new HostileClock();
      const times: number[] = [];
      const stop = new Error("stop");
      const result = errorOf(
        every(
          10,
          (scope) => {
            expect(scope.cancelled).toBe(false);
            times.push(clock.now());
            if (times.length === 4) throw stop;
          },
          { clock, overlap },
        ),
      );
      clock.skipped = 37; // before the first timer fires, at 10
      expect(await result).toBe(stop);
      expect(times).toEqual([47, 50, 60, 70]);
    },
  );

  it.each(["skip", "queue"] as const)(
    "%s: a run that blocks the event loop counts as long as it takes (B8)",
    async (overlap) => {
      const clock = new HostileClock();
      const times: number[] = [];
      const stop = new Error("stop");
      const result = every(
        10,
        () => {
          times.push(clock.now());
          if (times.length === 1) clock.skipped = 25;
          if (times.length === 4) throw stop;
        },
        { clock, overlap },
      );
      expect(await errorOf(result)).toBe(stop);
      expect(times).toEqual(overlap === "skip" ? [10, 40, 50, 60] : [10, 35, 40, 50]);
    },
  );

  it("random runs begin as a model says, in every mode (B8)", async () => {
    const modes = fc.constantFrom("skip" as const, "queue" as const, "cancel" as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 35 }), { minLength: 1, maxLength: 12 }),
        modes,
        async (takes, overlap) => {
          const ms = 10;
          const expected: number[] = [];
          // A whole time of less than a tick is added, so that no run ends just at a tick.
          const times = takes.map((time) => time + 0.25);
          for (let now = ms; now < 300;) {
            expected.push(now);
            const end = now + times[Math.min(expected.length, times.length) - 1]!;
            const nextTick = (Math.floor(now / ms) + 1) * ms;
            if (overlap === "cancel") now = nextTick;
            else if (overlap === "skip") now = Math.max(nextTick, Math.ceil(end / ms) * ms);
            else now = Math.max(nextTick, end);
          }
          expect(await begins(ms, times, { overlap, until: 300 })).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the end of every", () => {
  it("its promise never resolves, and its type says so (B8)", async () => {
    const result = every(10, () => {}, { parent: AbortSignal.abort() });
    expectTypeOf(result).toEqualTypeOf<Promise<never>>();
    await errorOf(result);
  });

  it("a failure ends it with that error, bare, whatever value it is (B8)", async () => {
    for (const value of [new Error("broken"), undefined, "text", new DOMException("aborted", "AbortError")]) {
      for (const fail of [
        () => {
          throw value;
        },
        () => Promise.reject(value),
      ]) {
        const clock = autojump();
        const runs: number[] = [];
        const error: unknown = await errorOf(
          every(10, () => (runs.push(0), runs.length === 3 ? fail() : 1), { clock }),
        );
        expect(error).toBe(value);
        expect([runs.length, clock.now(), clock.pending]).toEqual([3, 30, 0]);
      }
    }
  });

  it("a cancellation ends a wait at once, and leaves no timer (B8)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    using outside = new CancelScope({ clock });
    const result = errorOf(every(60_000, () => expect.unreachable(), { parent }));
    await outside.sleep(5);
    parent.cancel();
    expect([await result, clock.now(), clock.pending]).toEqual([parent.reason, 5, 0]);
  });

  it("a cancellation in a run cancels the run and waits for it (B8)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    using outside = new CancelScope({ clock });
    let end = 0;
    const result = errorOf(
      every(
        10,
        async (scope) => {
          parent.cancel();
          await scope.sleep(100).catch(() => outside.sleep(7));
          end = clock.now();
        },
        { parent },
      ),
    );
    expect([await result, end, clock.now()]).toEqual([parent.reason, 17, 17]);
  });

  it("in a cancelled scope nothing runs (B8)", async () => {
    using parent = new CancelScope();
    parent.cancel();
    const result = every(10, () => expect.unreachable(), { parent, immediately: true });
    expect(await errorOf(result)).toBe(parent.reason);
  });

  it("a deadline that passes together with a tick wins (B8, S9)", async () => {
    expect(await begins(10, [0], { until: 30 })).toEqual([10, 20]);
  });

  it("a run that cancels its own scope ends only that run (B8, S14)", async () => {
    const clock = autojump();
    let runs = 0;
    const stop = new Error("stop");
    const result = every(
      10,
      (scope) => {
        if (++runs === 3) throw stop;
        scope.cancel();
        return scope.sleep(1);
      },
      { clock },
    );
    expect([await errorOf(result), runs]).toEqual([stop, 3]);
  });

  it("runs that take no time and runs that take too long let the event loop turn (B8)", async () => {
    const clock = new HostileClock();
    let isTurned = false;
    let runs = 0;
    const stop = new Error("stop");
    const result = every(
      1,
      () => {
        clock.skipped += 5;
        if (++runs === 1) setImmediate(() => (isTurned = true));
        if (isTurned || runs === 100_000) throw stop;
      },
      { clock, overlap: "queue" },
    );
    expect(await errorOf(result)).toBe(stop);
    expect(isTurned).toBe(true);
  });

  it("a clock that throws ends it with the clock's error, and leaves nothing open (C1)", async () => {
    for (let calls = 0; calls < 25; calls++) {
      for (const overlap of ["skip", "cancel"] as const) {
        const clock = new HostileClock();
        using parent = new CancelScope();
        clock.callsLeft = calls;
        const error = await errorOf(every(10, (scope) => scope.sleep(5), { parent, clock, overlap }));
        expect(String(error instanceof AggregateError ? error.errors[0] : error)).toMatch(/broken clock/);
        clock.callsLeft = Infinity;
        parent.close(); // throws if a scope were left below it
      }
    }
  });

  it("describeTree shows it by the name of its function (C3)", async () => {
    using parent = new CancelScope({ name: "server" });
    const result = errorOf(every(60_000, function heartbeat() {}, { parent }));
    expect(describeTree(parent)).toMatch(/every "heartbeat"/);
    parent.cancel();
    await result;
  });
});
