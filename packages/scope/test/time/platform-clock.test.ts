import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CancelScope, now } from "@selvage/scope";
import { cancellationOf } from "../cancellation-of.js";
import { turn } from "../uncaught.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the platform's clock, with fake timers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("a sleep on the platform's clock ends in fake time (C1)", async () => {
    let awake = false;
    void new CancelScope().sleep(60_000).then(() => (awake = true));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(awake).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("a deadline on the platform's clock passes in fake time, also a moved one (C1, S10)", async () => {
    const scope = new CancelScope({ deadline: now() + 1_000 });
    const seen = cancellationOf(scope);
    scope.deadline += 1_000;
    await vi.advanceTimersByTimeAsync(1_999);
    expect(seen.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.reason?.scope).toBe(scope);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("closed scopes leave no fake timer set (S16)", () => {
    const scope = new CancelScope({ deadline: now() + 1_000 });
    void scope.sleep(500);
    expect(vi.getTimerCount()).toBe(2);
    scope.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("the platform's clock sets no fake timer longer than platform timers accept (S10)", async () => {
    const when = now() + 100 * 86_400_000; // 100 days: more than 2^31 - 1 ms.
    const seen = cancellationOf(new CancelScope({ deadline: when }));
    await vi.advanceTimersByTimeAsync(99 * 86_400_000);
    expect(seen.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(seen.reason?.deadline).toBe(when);
  });

  it("the platform's clock rounds delays up, because a timer that fires a fraction early finds nothing due (C1)", () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const scope = new CancelScope({ deadline: now() + 10.25 });
    expect(set.mock.calls.map(([, delay]) => delay)).toEqual([11]);
    scope.close();
  });
});

describe("the platform's clock, with fake timers installed before it", () => {
  it("the platform's clock sets its timers at once, so they can fire in the same turn (C1)", async () => {
    vi.useFakeTimers();
    vi.resetModules();
    const { CancelScope: Late } = await import("@selvage/scope");
    const asleep = new Late().sleep(1_000);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    await asleep;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the platform's clock, with fake timers and real time", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  it("a fake timer that fires makes its sleep or deadline due, although the real time has not passed (C1)", async () => {
    const scope = new CancelScope({ deadline: now() + 3_600_000 });
    const seen = cancellationOf(scope);
    let awake = false;
    void scope.sleep(1_800_000).then(() => (awake = true));
    await vi.advanceTimersByTimeAsync(1_799_000);
    expect([awake, seen.reason]).toEqual([false, undefined]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([awake, seen.reason]).toEqual([true, undefined]);
    await vi.advanceTimersByTimeAsync(1_800_000);
    expect(seen.reason?.scope).toBe(scope);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("the outermost of equal deadlines owns the cancellation when a fake timer fires, and all of them have passed (S1, S9, C1)", async () => {
    const deadline = now() + 1_000;
    const outer = new CancelScope({ deadline });
    const inner = new CancelScope({ parent: outer, deadline });
    await vi.advanceTimersByTimeAsync(1_001);
    expect(inner.reason?.scope).toBe(outer);
    expect([outer.cancelCalled, inner.cancelCalled]).toEqual([true, true]);
  });
});

describe("the platform's clock, with timers replaced in between", () => {
  it("a timer fires with the setTimeout that set it, even if another one is installed since (C1)", async () => {
    const real = globalThis.setTimeout;
    const calls: string[] = [];
    const swap = (name: string): void => {
      vi.stubGlobal("setTimeout", (callback: () => void) => {
        calls.push(name);
        return real(callback, 0); // Fires at once, and counts as due because it is a fake.
      });
    };
    swap("first");
    const before = new CancelScope().sleep(1_000);
    swap("second");
    const after = new CancelScope().sleep(2_000);
    await Promise.all([before, after]);
    expect(calls).toEqual(["first", "second"]);
  });

  it("the platform's clock is the same again when the real timers are restored (C1)", async () => {
    const scope = new CancelScope();
    const sleeps = [scope.sleep(1)];
    vi.useFakeTimers();
    sleeps.push(scope.sleep(1_000));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    sleeps.push(scope.sleep(1));
    await Promise.all(sleeps);
  });

  it("a moved deadline moves to the current timers: its old timer is cleared, and a new one is set (S10, C1)", async () => {
    const scope = new CancelScope({ deadline: now() + 1e6 });
    const seen = cancellationOf(scope);
    vi.useFakeTimers();
    scope.deadline = now() + 2e6;
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(2e6 - 1);
    expect(seen.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.reason?.scope).toBe(scope);
  });

  it("a timer is cleared with the clearTimeout that belongs to its setTimeout (C1)", () => {
    vi.useFakeTimers();
    const scope = new CancelScope();
    void scope.sleep(1_000);
    const clear = vi.spyOn(globalThis, "clearTimeout");
    vi.stubGlobal("setTimeout", () => 0);
    vi.stubGlobal("clearTimeout", () => {
      throw new Error("these are not its timers");
    });
    scope.close();
    vi.unstubAllGlobals();
    expect(vi.getTimerCount()).toBe(0);
    clear.mockRestore();
  });

  it("fake time does not make a real deadline pass (S9, C1)", async () => {
    const scope = new CancelScope({ deadline: now() + 60_000 });
    const parent = new CancelScope();
    const cancelled = new CancelScope({ parent, deadline: now() + 60_000 });
    parent.cancel();
    vi.useFakeTimers();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([now() > scope.deadline, scope.cancelled, cancelled.cancelCalled]).toEqual([true, false, false]);
    vi.useRealTimers();
    expect([scope.cancelled, cancelled.cancelCalled]).toEqual([false, false]);
    scope.close();
  });

  it("real time does not make a deadline pass that was set in fake time (S9, C1)", () => {
    vi.useFakeTimers();
    const scope = new CancelScope({ deadline: now() + 1 });
    vi.useRealTimers();
    expect([now() > scope.deadline, scope.cancelled]).toEqual([true, false]);
    scope.close();
  });
});

describe("the platform's clock, with fake time only", () => {
  it("the platform's clock uses a faked time (C1)", () => {
    const scope = new CancelScope({ deadline: now() + 60_000 });
    const time = vi.spyOn(performance, "now").mockReturnValue(now() + 60_001);
    expect(scope.cancelled).toBe(true);
    time.mockRestore();
  });
});

describe("the platform's clock, with timers that fire early", () => {
  it("a sleep does not end early if it is set late in a turn (C1)", async () => {
    await turn();
    const begun = performance.now();
    while (performance.now() - begun < 40); // Node counts a timer's delay from the beginning of the turn.
    const set = performance.now();
    await new CancelScope().sleep(50);
    expect(performance.now() - set).toBeGreaterThan(48);
  });

  it("real timers end sleeps although the faked time stands still (C1)", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    await new CancelScope().sleep(1);
    expect(performance.now()).toBe(0);
  });
});

describe("the platform's clock, with numbers as timers", () => {
  it("the platform's clock works with timers without unref, as in browsers (C1)", () => {
    const timers = new Map<number, () => void>();
    let last = 0;
    vi.stubGlobal("setTimeout", (callback: () => void) => (timers.set(++last, callback), last));
    vi.stubGlobal("clearTimeout", (timer: number) => timers.delete(timer));
    const fireAll = (): void => {
      for (const [timer, callback] of [...timers]) {
        timers.delete(timer);
        callback();
      }
    };
    const seen = cancellationOf(new CancelScope({ deadline: now() + 1_000 }));
    new CancelScope({ deadline: now() + 500 }).close();
    expect(timers.size).toBe(1);
    fireAll();
    expect(seen.reason).toBeDefined();
    expect(timers.size).toBe(0);
  });

  it("the platform's clock tells Deno which timers keep the process alive (S10, C1)", () => {
    const log: string[] = [];
    vi.stubGlobal("setTimeout", () => 17);
    vi.stubGlobal("clearTimeout", (timer: number) => log.push(`clear ${timer}`));
    vi.stubGlobal("Deno", {
      refTimer: (timer: number) => log.push(`ref ${timer}`),
      unrefTimer: (timer: number) => log.push(`unref ${timer}`),
    });
    const scope = new CancelScope({ deadline: now() + 1_000 });
    void scope.sleep(2_000);
    scope.close();
    expect(log).toEqual(["unref 17", "ref 17", "clear 17", "clear 17"]);
  });
});

/** The clock of the timers that are installed now, with its internal properties. */
function currentClock(): { readonly isReal: boolean; readonly goesWithTimers: boolean } {
  return new CancelScope().clock as never;
}

describe("the platform's clock, with wrapped timers", () => {
  /** Timers as an agent wraps them. They count as real only if the wrapper keeps the original under a known key. */
  function wrap(key: string): void {
    const real = globalThis.setTimeout;
    const wrapper = (callback: () => void, delay?: number): unknown => real(callback, delay);
    vi.stubGlobal("setTimeout", Object.assign(wrapper, { [key]: real }));
  }

  it.each(["__zone_symbol__OriginalDelegate", "__sentry_original__", "nr@original", "__original"])(
    "timers count as real if their wrapper keeps the original under the key %s (C1)",
    (key) => {
      wrap(key);
      expect(currentClock().isReal).toBe(true);
      wrap(key); // A second wrapper around the first.
      expect(currentClock().isReal).toBe(true);
    },
  );

  it("timers of an unknown wrapper count as fake: a check makes no deadline pass, but the timer does (S9, C1)", () => {
    let fire = (): void => {};
    vi.stubGlobal("setTimeout", (callback: () => void) => ((fire = callback), 1));
    vi.stubGlobal("clearTimeout", () => {});
    const scope = new CancelScope({ deadline: now() + 1 });
    const begun = performance.now();
    while (performance.now() - begun < 3);
    expect([currentClock().isReal, currentClock().goesWithTimers, scope.cancelled]).toEqual([false, false, false]);
    fire();
    expect(scope.cancelled).toBe(true);
  });

  it("timers that have a clock count as fake, even if setTimeout keeps its identity (C1)", () => {
    const clock = currentClock();
    expect(clock.isReal).toBe(true);
    Object.assign(globalThis.setTimeout, { clock: {} });
    try {
      expect([clock.isReal, clock.goesWithTimers]).toEqual([false, false]);
    } finally {
      Reflect.deleteProperty(globalThis.setTimeout, "clock");
    }
    expect(clock.isReal).toBe(true);
  });

  it("timers count as fake while Angular's fakeAsync runs (C1)", () => {
    const clock = currentClock();
    let spec: object | undefined = {};
    vi.stubGlobal("Zone", { current: { get: (key: string) => (key === "FakeAsyncTestZoneSpec" ? spec : undefined) } });
    expect(clock.isReal).toBe(false);
    spec = undefined;
    expect(clock.isReal).toBe(true);
  });
});

describe("the platform's clock, with fake timers that are advanced in one jump", () => {
  it.each([{}, { toFake: ["setTimeout", "clearTimeout"] as const }])(
    "one jump of fake timers ends every wait that it covers, in order: %o (C1)",
    async (options) => {
      vi.useFakeTimers(options as never);
      const log: string[] = [];
      const scope = new CancelScope();
      for (const ms of [3_000, 1_000, 2_000]) void scope.sleep(ms).then(() => log.push(`slept ${ms}`));
      new CancelScope({ deadline: now() + 1_500 }).onCancel(() => log.push("deadline"));
      vi.advanceTimersByTime(10_000);
      await turn();
      expect(log.sort()).toEqual(["deadline", "slept 1000", "slept 2000", "slept 3000"]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("a new sleep uses the current timers after fake timers were reset (C1)", async () => {
    vi.useFakeTimers();
    void new CancelScope().sleep(1_000);
    vi.clearAllTimers();
    vi.useRealTimers();
    vi.useFakeTimers();
    let awake = false;
    void new CancelScope().sleep(5_000).then(() => (awake = true));
    await vi.advanceTimersByTimeAsync(6_000);
    expect(awake).toBe(true);
  });
});
