import { CancelScope } from "@selvage/scope";
import { cancelAt, makeReason } from "@selvage/scope/internal";
import { describe, expect, it } from "vitest";
import { HandClock } from "../hand-clock.js";

/** A scope that its owner cancels at 100. */
function bounded(options: { deadline?: number } = {}): {
  clock: HandClock;
  scope: CancelScope;
  reason: ReturnType<typeof makeReason>;
} {
  const clock = new HandClock();
  const scope = new CancelScope({ clock, ...options });
  const reason = makeReason(scope, "the owner's");
  cancelAt(scope, 100, reason);
  return { clock, scope, reason };
}

describe("cancelAt", () => {
  it("cancelAt cancels the scope at the given time with the given reason, and keeps the process alive until then (V4)", () => {
    const { clock, scope, reason } = bounded();
    expect([scope.effectiveDeadline, clock.due, clock.keepsAlive]).toEqual([100, 100, true]);
    clock.time = 99;
    expect(scope.cancelled).toBe(false);
    clock.time = 100;
    expect([scope.reason, scope.cancelCalled]).toEqual([reason, true]);
    expect(clock.armed).toBe(0);
  });

  it.each([Infinity, 101, 1_000])(
    "cancelAt bounds the deadline: a deadline moved to %d still passes at the given time (V4)",
    (when) => {
      const { clock, scope, reason } = bounded();
      scope.deadline = when;
      expect([scope.deadline, scope.effectiveDeadline]).toEqual([100, 100]);
      clock.time = 100;
      clock.fireDue();
      expect(scope.reason).toBe(reason);
    },
  );

  it("cancelAt keeps an earlier deadline with its own reason, and bounds it when it is moved later (V4, S10)", () => {
    const { clock, scope, reason } = bounded({ deadline: 50 });
    expect(scope.effectiveDeadline).toBe(50);
    clock.time = 20;
    scope.deadline = 200;
    expect([scope.deadline, scope.effectiveDeadline]).toEqual([100, 100]);
    clock.time = 60;
    clock.fireDue();
    expect([scope.cancelled, clock.due, clock.keepsAlive]).toEqual([false, 100, true]);
    clock.time = 100;
    clock.fireDue();
    expect(scope.reason).toBe(reason);
  });

  it("an earlier deadline that is set after cancelAt has its own reason (S9)", () => {
    const { clock, scope, reason } = bounded();
    scope.deadline = 40;
    clock.time = 40;
    clock.fireDue();
    expect(scope.reason).not.toBe(reason);
    expect([scope.reason?.deadline, scope.reason?.cause]).toEqual([40, undefined]);
  });

  it("cancelAt may be called again: the earliest time counts, with its reason (V4)", () => {
    const { clock, scope, reason } = bounded();
    cancelAt(scope, 150, makeReason(scope, "later"));
    expect(scope.effectiveDeadline).toBe(100);
    const earlier = makeReason(scope, "earlier");
    cancelAt(scope, 70, earlier);
    expect([scope.effectiveDeadline, clock.armed]).toEqual([70, 1]);
    clock.time = 100;
    expect(scope.reason).toBe(earlier);
    expect(scope.reason).not.toBe(reason);
  });

  it("cancelAt cancels at once if the time has passed, and does nothing to a cancelled or closed scope (V4)", () => {
    const clock = new HandClock();
    clock.time = 10;
    const scope = new CancelScope({ clock });
    const reason = makeReason(scope, "now");
    cancelAt(scope, 10, reason);
    expect(scope.reason).toBe(reason);
    cancelAt(scope, 5, makeReason(scope, "again"));
    expect([scope.reason, scope.deadline]).toEqual([reason, 10]);
    const closed = new CancelScope({ clock });
    closed.close();
    cancelAt(closed, 5, reason);
    expect([closed.cancelled, closed.deadline, clock.armed]).toEqual([false, Infinity, 0]);
  });
});
