import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CancelScope, now } from "@selvage/scope";
import { told } from "../told.js";
import { turn } from "../uncaught.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the platform's clock, with fake timers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("sleeps as they say (C1)", async () => {
    let awake = false;
    void new CancelScope().sleep(60_000).then(() => (awake = true));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(awake).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("honours deadlines as they say, moved ones as well (C1, S10)", async () => {
    const scope = new CancelScope({ deadline: now() + 1_000 });
    const seen = told(scope);
    scope.deadline += 1_000;
    await vi.advanceTimersByTimeAsync(1_999);
    expect(seen.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.reason?.scope).toBe(scope);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer of theirs set when its scopes are closed (S16)", () => {
    const scope = new CancelScope({ deadline: now() + 1_000 });
    void scope.sleep(500);
    expect(vi.getTimerCount()).toBe(2);
    scope.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks them for no more than platform timers take (S10)", async () => {
    const when = now() + 100 * 86_400_000; // 100 days: more than 2^31 - 1 ms
    const seen = told(new CancelScope({ deadline: when }));
    await vi.advanceTimersByTimeAsync(99 * 86_400_000);
    expect(seen.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(seen.reason?.deadline).toBe(when);
  });

  it("rounds delays up: a timer that fires a fraction early would find nothing due (C1)", () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const scope = new CancelScope({ deadline: now() + 10.25 });
    expect(set.mock.calls.map(([, delay]) => delay)).toEqual([11]);
    scope.close();
  });
});

describe("the platform's clock, with fake timers that were there first", () => {
  it("sets its timers at once: they may fire in the same breath (C1)", async () => {
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

describe("the platform's clock, with timers faked and the time not", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  it("takes a timer that fires for due: sleepers and deadlines (C1)", async () => {
    const scope = new CancelScope({ deadline: now() + 3_600_000 });
    const seen = told(scope);
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

  it("lets the outermost of equal deadlines own, all of which have passed (S1, S9, C1)", async () => {
    const deadline = now() + 1_000;
    const outer = new CancelScope({ deadline });
    const inner = new CancelScope({ parent: outer, deadline });
    await vi.advanceTimersByTimeAsync(1_001);
    expect(inner.reason?.scope).toBe(outer);
    expect([outer.cancelCalled, inner.cancelCalled]).toEqual([true, true]);
  });
});

describe("the platform's clock, with timers swapped midway", () => {
  it("keeps apart each identity of setTimeout: what was set with one fires with it (C1)", async () => {
    const real = globalThis.setTimeout;
    const calls: string[] = [];
    const swap = (name: string): void => {
      vi.stubGlobal("setTimeout", (callback: () => void) => {
        calls.push(name);
        return real(callback, 0); // fires at once, and counts as due: it is a fake
      });
    };
    swap("first");
    const before = new CancelScope().sleep(1_000);
    swap("second");
    const after = new CancelScope().sleep(2_000);
    await Promise.all([before, after]);
    expect(calls).toEqual(["first", "second"]);
  });

  it("is the same one again when timers are swapped back (C1)", async () => {
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

  it("takes along a deadline that is moved: its timer is cleared, and set on the timers of now (S10, C1)", async () => {
    const scope = new CancelScope({ deadline: now() + 1e6 });
    const seen = told(scope);
    vi.useFakeTimers();
    scope.deadline = now() + 2e6;
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(2e6 - 1);
    expect(seen.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.reason?.scope).toBe(scope);
  });

  it("clears a timer with the clearTimeout that goes with it (C1)", () => {
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

  it("lets fake time hurry no real deadline (S9, C1)", async () => {
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

  it("lets real time hurry no deadline left over from fake time (S9, C1)", () => {
    vi.useFakeTimers();
    const scope = new CancelScope({ deadline: now() + 1 });
    vi.useRealTimers();
    expect([now() > scope.deadline, scope.cancelled]).toEqual([true, false]);
    scope.close();
  });
});

describe("the platform's clock, where only the time is faked", () => {
  it("takes the time as it is told (C1)", () => {
    const scope = new CancelScope({ deadline: now() + 60_000 });
    const time = vi.spyOn(performance, "now").mockReturnValue(now() + 60_001);
    expect(scope.cancelled).toBe(true);
    time.mockRestore();
  });
});

describe("the platform's clock, where timers fire early", () => {
  it("takes nothing for due before its time, though its turn had gone on for long when it was set (C1)", async () => {
    await turn();
    const begun = performance.now();
    while (performance.now() - begun < 40); // Node counts a timer's delay from when the turn began
    const set = performance.now();
    await new CancelScope().sleep(50);
    expect(performance.now() - set).toBeGreaterThan(48);
  });

  it("wakes sleepers by real timers although the time stands still (C1)", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    await new CancelScope().sleep(1);
    expect(performance.now()).toBe(0);
  });
});

describe("the platform's clock, where timers are numbers", () => {
  it("works without unref, as in browsers (C1)", () => {
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
    const seen = told(new CancelScope({ deadline: now() + 1_000 }));
    new CancelScope({ deadline: now() + 500 }).close();
    expect(timers.size).toBe(1);
    fireAll();
    expect(seen.reason).toBeDefined();
    expect(timers.size).toBe(0);
  });

  it("asks Deno to let the process end (S10, C1)", () => {
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

/** The clock of the timers that are installed now, with what the package alone knows of it. */
function currentClock(): { readonly isReal: boolean; readonly goesWithTimers: boolean } {
  return new CancelScope().clock as never;
}

describe("the platform's clock, under a wrapper of the timers", () => {
  /** Timers that an agent has wrapped: real, unless they keep what they wrap under another key. */
  function wrap(key: string): void {
    const real = globalThis.setTimeout;
    const wrapper = (callback: () => void, delay?: number): unknown => real(callback, delay);
    vi.stubGlobal("setTimeout", Object.assign(wrapper, { [key]: real }));
  }

  it.each(["__zone_symbol__OriginalDelegate", "__sentry_original__", "nr@original", "__original"])(
    "takes one that keeps the real timers as %s for real (C1)",
    (key) => {
      wrap(key);
      expect(currentClock().isReal).toBe(true);
      wrap(key); // a second one around it
      expect(currentClock().isReal).toBe(true);
    },
  );

  it("takes an unknown one for fake: a check fires nothing, its timers do (S9, C1)", () => {
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

  it("takes timers that have a clock for fake, though they keep their identity (C1)", () => {
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

  it("takes the timers for fake while Angular's fakeAsync runs (C1)", () => {
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
    "ends every wait that the jump covers, in order: %o (C1)",
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

  it("waits on the timers of now where they were reset in between (C1)", async () => {
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
