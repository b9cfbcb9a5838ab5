import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { InvalidStateError, type Timeout, timeout } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

describe("timeout.reschedule", () => {
  it("reschedule is refused once the body has ended (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const handles: Timeout[] = [];
    await timeout(50, (own) => void handles.push(own), { clock });
    await timeout(
      50,
      (own) => {
        handles.push(own);
        throw new Error("failed");
      },
      { clock },
    ).catch(() => {});
    for (const handle of handles) {
      for (const when of [10, 1_000, null]) {
        expect(() => {
          handle.reschedule(when);
        }).toThrow(new InvalidStateError("The body of this timeout has ended: start a new timeout."));
      }
      expect([handle.when(), handle.expired]).toEqual([50, false]);
    }
    expect(clock.pending).toBe(0);
  });

  it("reschedule is refused once the timeout has expired, while the body unwinds and afterwards (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const refused = new InvalidStateError("This timeout was already cancelled; it cannot be rescheduled.");
    const run = timeout(
      50,
      async (own) => {
        handle = own;
        await own.scope.sleep(100).catch(() => {});
        expect(() => {
          own.reschedule(1_000);
        }).toThrow(refused);
        own.scope.throwIfCancelled();
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 50 ms");
    expect(() => handle?.reschedule(null)).toThrow(refused);
    expect(handle?.expired).toBe(true);
  });

  it("reschedule is refused once the time has passed, although nothing has noticed (S9, O6)", async () => {
    const clock = new BusyClock();
    const run = timeout(
      50,
      (own) => {
        clock.time = 60;
        own.reschedule(1_000);
      },
      { clock },
    );
    await expect(run).rejects.toThrow("it cannot be rescheduled");
  });

  it("reschedule is refused once an outer owner or the timeout's scope is cancelled (O6)", async () => {
    const parent = new CancelScope();
    for (const cancel of [
      (own: Timeout) => {
        own.scope.cancel();
      },
      () => {
        parent.cancel();
      },
    ]) {
      await timeout(
        50,
        (own) => {
          cancel(own);
          expect(() => {
            own.reschedule(1_000);
          }).toThrow(InvalidStateError);
        },
        { parent },
      );
    }
    parent.close();
  });

  it("reschedule is refused in every microtask between the body's end and the caller's turn (O6)", async () => {
    let handle: Timeout | undefined;
    const outcomes: string[] = [];
    const poke = async (): Promise<void> => {
      for (let count = 0; count < 12; count++) {
        try {
          handle?.reschedule(null);
          outcomes.push("moved");
        } catch (error) {
          outcomes.push((error as Error).name);
        }
        await Promise.resolve();
      }
    };
    await timeout(1_000, (own) => {
      handle = own;
      void poke();
    });
    await Promise.resolve();
    expect(new Set(outcomes)).toEqual(new Set(["moved", "InvalidStateError"]));
    expect(outcomes.lastIndexOf("moved")).toBeLessThan(outcomes.indexOf("InvalidStateError"));
  });
});
