import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it, vi } from "vitest";
import { moveOnAfter, type Timeout, timeout, timeoutAt } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

/** A BusyClock that counts its reads. */
class CountingClock extends BusyClock {
  readings = 0;

  override now(): number {
    this.readings++;
    return super.now();
  }
}

describe("timeout.refresh", () => {
  it("refresh gives the body its whole time again from now: only silence times out (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeout(
      30,
      async ({ scope, refresh, when }) => {
        for (let beat = 0; beat < 5; beat++) {
          await scope.sleep(20);
          refresh();
          expect(when()).toBe(clock.now() + 30);
        }
        await scope.sleep(1_000);
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 30 ms");
    expect([clock.now(), clock.pending]).toEqual([130, 0]);
  });

  it("refresh gives `when` less the start if the limit was a time (O6)", async () => {
    const clock = new VirtualClock({ start: 100, autojump: true });
    const run = timeoutAt(
      150,
      async ({ scope, refresh }) => {
        await scope.sleep(20);
        refresh();
        await scope.sleep(1_000);
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 50 ms");
    expect(clock.now()).toBe(170);
  });

  it("refresh after reschedule gives the distance that reschedule set, which the message states (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeout(
      50,
      async ({ scope, refresh, reschedule }) => {
        await scope.sleep(20);
        reschedule(clock.now() + 80);
        await scope.sleep(70);
        refresh();
        await scope.sleep(1_000);
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 80 ms");
    expect(clock.now()).toBe(170);
  });

  it("refresh does nothing if there is no limit, from the start or since reschedule(null) (O6)", async () => {
    const clock = new BusyClock();
    for (const ms of [null, Infinity, 50]) {
      await timeout(
        ms,
        ({ refresh, reschedule, when }) => {
          reschedule(null);
          refresh();
          expect([when(), clock.armed.size]).toEqual([null, 0]);
        },
        { clock },
      );
    }
  });

  it("refresh leaves alone a deadline that the body of a timeout without a limit gave to its scope (O6)", async () => {
    await timeout(
      null,
      ({ refresh, scope, when }) => {
        scope.deadline = 50;
        refresh();
        expect(when()).toBe(50);
      },
      { clock: new BusyClock() },
    );
  });

  it("refresh throws what the clock throws where it sets a timer, and the deadline stays (C1)", async () => {
    const error = new Error("no timers left");
    await timeout(60_000, ({ refresh, when }) => {
      const before = when();
      vi.stubGlobal("setTimeout", () => {
        throw error;
      });
      try {
        expect(refresh).toThrow(error);
      } finally {
        vi.unstubAllGlobals();
      }
      expect(when()).toBe(before);
    });
  });

  it("refresh does nothing, and does not throw, once the body has ended or was cancelled (O6)", async () => {
    const parent = new CancelScope({ clock: new BusyClock() });
    const handles: Timeout[] = [];
    const clock = new BusyClock();
    const bodies: ((own: Timeout) => unknown)[] = [
      () => "returns",
      () => Promise.reject(new Error("fails")),
      (own) => {
        own.scope.cancel();
        own.refresh();
        return own.scope.sleep(1);
      },
      (own) => {
        clock.time += 60; // its time has passed, unnoticed
        own.refresh();
        expect([own.expired, own.scope.cancelled]).toEqual([true, true]);
      },
    ];
    for (const body of bodies) {
      const begun = clock.time;
      await timeout(
        50,
        (own) => {
          handles.push(own);
          return body(own);
        },
        { clock, parent },
      ).catch(() => {});
      handles.at(-1)!.refresh();
      expect(handles.at(-1)!.when()).toBe(begun + 50);
    }
    expect(clock.armed.size).toBe(0);
    parent.close();
  });

  it("refresh reads the clock twice at most, and touches no timer (S10, O6)", async () => {
    const clock = new CountingClock();
    const parent = new CancelScope({ clock, deadline: 1e9 });
    await timeout(
      50,
      ({ refresh }) => {
        const [before, timers] = [clock.readings, clock.timersSet];
        for (let i = 0; i < 1_000; i++) {
          clock.time += 40;
          refresh();
        }
        expect(clock.readings - before).toBeLessThanOrEqual(2_000);
        expect(clock.timersSet).toBe(timers);
      },
      { parent },
    );
    parent.close();
  });

  it("refresh can be called from an event handler of another context, and also in moveOnAfter (O6, O7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const events = new EventTarget();
    const ticker = new CancelScope({ clock });
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await ticker.sleep(25);
        events.dispatchEvent(new Event("data"));
      }
    })();
    const value = await moveOnAfter(
      30,
      ({ scope, refresh }) => {
        events.addEventListener("data", refresh);
        return scope.sleep(10_000).then(() => "late");
      },
      { clock },
    );
    expect([value, clock.now()]).toEqual([undefined, 105]);
    ticker.close();
  });
});

describe("a timeout on a clock that throws", () => {
  it("a timeout on a clock that throws fails synchronously, calls no body, and leaves nothing below its parent (O5, C1)", () => {
    for (const broken of ["now", "setTimer"] as const) {
      const parent = new CancelScope();
      const clock = new BusyClock();
      clock[broken] = () => {
        throw new Error("broken");
      };
      let isCalled = false;
      expect(() => void timeout(50, () => (isCalled = true), { parent, clock })).toThrow("broken");
      expect(isCalled).toBe(false);
      parent.close();
    }
  });
});
