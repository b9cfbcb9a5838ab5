import { CancelScope, type Clock } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type Timeout, timeout, timeoutAt, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

describe("timeout.when", () => {
  it("when returns the deadline on the scope's clock, or null (O6)", async () => {
    const clock = new VirtualClock({ start: 200 });
    const seen: unknown[] = [];
    await timeout(50, (own) => seen.push(own.when(), own.scope.deadline), { clock });
    await timeout(null, (own) => seen.push(own.when(), own.scope.deadline), { clock });
    expect(seen).toEqual([250, 250, null, Infinity]);
  });

  it("when returns the deadline also after the body has ended or was cancelled (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const handles: Timeout[] = [];
    await timeout(50, (own) => void handles.push(own), { clock });
    await timeout(
      50,
      (own) => {
        handles.push(own);
        return own.scope.sleep(100);
      },
      { clock },
    ).catch(() => {});
    expect(handles.map((handle) => handle.when())).toEqual([50, 50]);
  });
});

describe("timeout.reschedule", () => {
  it.each([
    ["later", 80, 80],
    ["earlier", 30, 30],
    ["to the same time", 50, 50],
    ["to a fraction", 60.25, 60.25],
  ])("reschedule moves the deadline %s (O6)", async (_, when, cutAt) => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const run = timeout(
      50,
      async (own) => {
        handle = own;
        await own.scope.sleep(20);
        own.reschedule(when);
        expect(own.when()).toBe(when);
        await own.scope.sleep(1_000);
      },
      { clock },
    );
    await expect(run).rejects.toBeInstanceOf(TimeoutError);
    expect([clock.now(), handle?.expired, clock.pending]).toEqual([cutAt, true, 0]);
  });

  it("reschedule may be called repeatedly, for example as a heartbeat: only silence times out (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const beats = [5, 10, 15, 20, 60];
    const run = timeout(
      30,
      async (own) => {
        for (const beat of beats) {
          await own.scope.sleep(beat - clock.now());
          own.reschedule(clock.now() + 30);
        }
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 30 ms");
    expect(clock.now()).toBe(50);
  });

  it.each([null, Infinity])(
    "reschedule removes the limit with %s, and can set one again afterwards (O6)",
    async (when) => {
      const clock = new VirtualClock({ autojump: true });
      const seen: unknown[] = [];
      const run = timeout(
        50,
        async (own) => {
          own.reschedule(when);
          seen.push(own.when(), clock.pending);
          await own.scope.sleep(1_000);
          own.reschedule(clock.now() + 50);
          seen.push(own.when());
          await own.scope.sleep(1_000);
        },
        { clock },
      );
      await expect(run).rejects.toThrow("timed out after 50 ms");
      expect(clock.now()).toBe(1_050);
      expect(seen).toEqual([null, 0, 1_050]);
    },
  );

  it("reschedule gives a limit to a timeout without one (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeout(
      null,
      async (own) => {
        own.reschedule(30);
        await own.scope.sleep(1_000);
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 30 ms");
  });

  it("a timeout that is moved later, then unlimited, then cancelled from outside has not expired (O3, O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock });
    let handle: Timeout | undefined;
    const run = timeoutAt(
      50,
      async (own) => {
        handle = own;
        own.reschedule(100);
        await own.scope.sleep(70);
        own.reschedule(null);
        await own.scope.sleep(70);
        parent.cancel("outside");
        await own.scope.sleep(70);
      },
      { parent },
    );
    const error: unknown = await run.catch((error: unknown) => error);
    expect(error).toBe(parent.reason);
    expect([handle?.expired, handle?.when(), clock.now()]).toEqual([false, null, 140]);
    parent.close();
  });

  it.each([20, 0, -5, -Infinity])("reschedule cancels at once if the time is past: %d (O6, S10)", async (when) => {
    const clock = new VirtualClock({ autojump: true });
    let seen: unknown[] = [];
    const run = timeout(
      50,
      async (own) => {
        await own.scope.sleep(20);
        own.reschedule(when);
        seen = [own.scope.cancelled, own.expired];
        await own.scope.sleep(1);
      },
      { clock },
    );
    await expect(run).rejects.toBeInstanceOf(TimeoutError);
    expect([...seen, clock.now()]).toEqual([true, true, 20]);
  });

  it.each([Number.NaN, undefined, "50", {}])(
    "reschedule refuses %o and leaves the deadline unchanged (O5, O6)",
    async (when) => {
      const clock = new VirtualClock({ autojump: true });
      await timeout(
        50,
        (own) => {
          expect(() => {
            own.reschedule(when as never);
          }).toThrow(/^The time of a timeout must be a number of milliseconds, got /);
          expect(own.when()).toBe(50);
        },
        { clock },
      );
    },
  );

  it("a new deadline on the expired scope itself changes nothing (O1, O3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const run = timeout(
      50,
      async (own) => {
        handle = own;
        await own.scope.sleep(100).catch(() => {});
        own.scope.deadline = Infinity;
        own.scope.throwIfCancelled();
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 50 ms");
    expect(handle?.expired).toBe(true);
  });

  it("reschedule throws what the clock throws where it sets a timer, and the deadline and the message stay (C1)", async () => {
    const clock = new BusyClock();
    const error = new Error("no timers left");
    const run = timeout(
      50,
      (own) => {
        clock.setTimer = () => {
          throw error;
        };
        expect(() => {
          own.reschedule(30);
        }).toThrow(error);
        expect(own.when()).toBe(50);
        clock.time = 60;
        own.scope.throwIfCancelled();
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 50 ms");
  });

  it("reschedule touches no timer when it moves the deadline later (S10)", async () => {
    const clock = new BusyClock();
    await timeout(
      50,
      (own) => {
        for (let when = 60; when < 1_000; when++) own.reschedule(when);
        expect([clock.timersSet, clock.armed.size]).toEqual([1, 1]);
      },
      { clock: clock satisfies Clock },
    );
    expect(clock.armed.size).toBe(0);
  });
});
