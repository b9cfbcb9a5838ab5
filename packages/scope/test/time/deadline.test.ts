import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, isCancellation, now } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { HandClock } from "../hand-clock.js";
import { cancellationOf } from "../cancellation-of.js";

describe("a deadline", () => {
  it("a deadline cancels the scope when its timer fires, and the reason says so (S9)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 1_000, name: "search" });
    let times = 0;
    scope.onCancel(() => times++);
    await clock.advance(999);
    expect([scope.cancelled, times]).toEqual([false, 0]);
    await clock.advance(1);
    expect([times, scope.cancelled, scope.cancelCalled]).toEqual([1, true, true]);
    expect(scope.reason).toMatchObject({
      scope,
      deadline: 1_000,
      message: '"search" was cancelled: its deadline passed',
    });
  });

  it("a deadline cancels what waits in the scope and below, and the scope absorbs it (S9, S14)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock, deadline: 10 });
    const value = await scope.run((own) =>
      CancelScope.run((inner) => inner.sleep(60_000).then(() => "late"), { parent: own }),
    );
    expect([value, scope.cancelledCaught, clock.now(), clock.pending]).toEqual([undefined, true, 10, 0]);
  });

  it("a deadline that is never reached changes nothing, and leaves no timer (S10)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    expect(await scope.run(() => "early")).toBe("early");
    expect([scope.cancelled, scope.cancelCalled, clock.pending]).toEqual([false, false, 0]);
    await clock.advance(20);
    expect([scope.cancelled, scope.cancelCalled]).toEqual([false, false]);
  });

  it("the deadline of a scope without one is Infinity (S10)", () => {
    expect(new CancelScope().deadline).toBe(Infinity);
    expect(new CancelScope({ deadline: Infinity }).deadline).toBe(Infinity);
    expect(new CancelScope().effectiveDeadline).toBe(Infinity);
  });

  it("a loop that never lets the event loop turn sees its deadline on the platform's clock (S9)", () => {
    const scope = new CancelScope({ deadline: now() + 3 });
    while (!scope.cancelled); // It may be true at once if the machine is busy.
    expect(now()).toBeGreaterThanOrEqual(scope.deadline);
    expect(scope.reason?.deadline).toBe(scope.deadline);
  });
});

describe("every read of cancellation state", () => {
  const reads: [member: string, read: (scope: CancelScope) => unknown][] = [
    ["cancelled", (scope) => expect(scope.cancelled).toBe(true)],
    ["reason", (scope) => expect(scope.reason).toBeDefined()],
    ["cancelCalled", (scope) => expect(scope.cancelCalled).toBe(true)],
    ["throwIfCancelled", (scope) => expect(() => scope.throwIfCancelled()).toThrow("deadline passed")],
    ["signal", (scope) => expect(scope.signal.aborted).toBe(true)],
    ["effectiveDeadline", (scope) => expect(scope.effectiveDeadline).toBe(-Infinity)],
    ["sleep", (scope) => expect(scope.sleep(1)).rejects.toThrow("deadline passed")],
    ["race", (scope) => expect(scope.race(Promise.resolve())).rejects.toThrow("deadline passed")],
    ["checkpoint", (scope) => expect(scope.checkpoint()).rejects.toThrow("deadline passed")],
    ["isCancellation", (scope) => expect(isCancellation(new DOMException("", "AbortError"), scope)).toBe(true)],
    ["describeTree", (scope) => expect(describeTree(scope)).toContain("cancelled")],
    ["inspecting the scope", (scope) => expect(describeTree(scope)).toContain("cancelled")],
    ["a cancel that comes too late", (scope) => (scope.cancel("late"), expect(scope.reason?.cause).toBeUndefined())],
    ["setting deadline", (scope) => ((scope.deadline = 1e9), expect(scope.cancelled).toBe(true))],
    ["creating a scope below", (scope) => expect(new CancelScope({ parent: scope }).cancelled).toBe(true)],
    ["close", (scope) => (scope.close(), expect(scope.cancelled).toBe(true))],
  ];

  it.each(reads)("%s notices a passed deadline although the event loop has not turned (S9)", async (_, read) => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    clock.time = 10;
    await read(scope);
    expect(clock.armed).toBe(0);
  });

  it.each(reads.slice(0, 12).filter(([member]) => member !== "cancelCalled"))(
    "%s notices the passed deadline of a visible ancestor (S9)",
    async (_, read) => {
      const clock = new HandClock();
      const ancestor = new CancelScope({ clock, deadline: 10 });
      const scope = new CancelScope({ parent: new CancelScope({ parent: ancestor }), deadline: 20 });
      clock.time = 10;
      await read(scope);
      expect(scope.reason?.scope).toBe(ancestor);
      expect(scope.cancelCalled).toBe(false);
    },
  );

  it("a run notices a passed deadline when its body ends (S9, S14)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const value = await scope.run(() => {
      clock.time = 10;
      throw new DOMException("cut", "AbortError");
    });
    expect([value, scope.cancelledCaught]).toEqual([undefined, true]);
  });

  it("a read that notices a passed deadline calls the listeners synchronously (S9)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const seen = cancellationOf(new CancelScope({ parent: scope }));
    clock.time = 10;
    expect(seen.reason).toBeUndefined();
    expect(scope.reason).toBe(seen.reason);
    expect(seen.reason?.scope).toBe(scope);
  });

  it("a read does not notice the deadline of an ancestor behind a shield (S11)", () => {
    const clock = new HandClock();
    const ancestor = new CancelScope({ clock, deadline: 10 });
    const shielded = new CancelScope({ parent: ancestor, shield: true });
    const below = new CancelScope({ parent: shielded });
    clock.time = 10;
    expect([below.cancelled, shielded.cancelled, ancestor.cancelled]).toEqual([false, false, true]);
  });

  it("a read notices the deadline of a visible shielded scope (S11)", () => {
    const clock = new HandClock();
    const shielded = new CancelScope({ parent: new CancelScope({ clock, deadline: 10 }), shield: true, deadline: 20 });
    const below = new CancelScope({ parent: shielded });
    clock.time = 19;
    expect(below.cancelled).toBe(false);
    clock.time = 20;
    expect(below.reason?.scope).toBe(shielded);
  });

  it("a read does not call the clock if there is no live deadline (S9)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const scope = new CancelScope({ parent });
    const had = [10, 10, Infinity].map((deadline) => new CancelScope({ parent, deadline }));
    had[0]!.close();
    had[1]!.deadline = Infinity;
    had[2]!.cancel();
    const before = clock.calls.now;
    const reads: unknown[] = [];
    for (let i = 0; i < 100; i++) {
      scope.throwIfCancelled();
      reads.push(scope.cancelled, scope.reason, scope.signal, scope.effectiveDeadline);
    }
    expect(clock.calls.now).toBe(before);
  });

  it("a read wakes no sleeper, because that would starve the event loop (S9)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const other = new CancelScope({ clock, deadline: 1_000 });
    let awake = false;
    const sleeping = scope.sleep(5).then(() => (awake = true));
    clock.time = 10;
    expect(scope.cancelled).toBe(false);
    await scope.checkpoint();
    expect(awake).toBe(false);
    clock.fireDue();
    await sleeping;
    expect(awake).toBe(true);
    other.close();
  });
});

describe("several deadlines that have passed", () => {
  it.each([
    ["the outer", 5, 10],
    ["the inner", 10, 5],
  ])(
    "the earliest of several passed deadlines owns the cancellation: %s (S9)",
    (which, outerDeadline, innerDeadline) => {
      const clock = new HandClock();
      const outer = new CancelScope({ clock, deadline: outerDeadline });
      const inner = new CancelScope({ parent: outer, deadline: innerDeadline });
      const child = new CancelScope({ parent: inner });
      clock.time = 20;
      expect(child.reason?.scope).toBe(which === "the outer" ? outer : inner);
      expect(outer.reason?.scope).toBe(outer);
      expect([outer.cancelCalled, inner.cancelCalled]).toEqual([true, true]);
    },
  );

  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])(
    "the outermost of equal deadlines owns the cancellation, in whatever order they were set: %j (S9)",
    (order) => {
      const clock = new HandClock();
      const scopes = [new CancelScope({ clock })];
      for (let i = 1; i < 5; i++) scopes.push(new CancelScope({ parent: scopes[i - 1]! }));
      for (const index of order) scopes[index + 1]!.deadline = 10;
      clock.time = 10;
      expect(scopes[4]!.reason?.scope).toBe(scopes[1]);
      expect(scopes[0]!.cancelled).toBe(false);
      expect(scopes.map((scope) => scope.cancelCalled)).toEqual([false, true, true, true, false]);
    },
  );

  it("the outermost of equal deadlines that no shield hides owns the cancellation, in whatever order they were set (S9, S11)", () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const clock = new HandClock();
      const outer = new CancelScope({ clock });
      const shielded = new CancelScope({ parent: outer, shield: true });
      const inner = new CancelScope({ parent: shielded });
      for (const index of order) [outer, shielded, inner][index]!.deadline = 10;
      clock.time = 10;
      expect(inner.reason?.scope).toBe(shielded);
      expect(shielded.reason?.scope).toBe(shielded);
      expect(outer.reason?.scope).toBe(outer);
    }
  });

  it("passed deadlines of other branches stay unnoticed until one of their own scopes is checked (S9)", () => {
    const clock = new HandClock();
    const log: number[] = [];
    const root = new CancelScope({ clock });
    const siblings = [30, 10, 20].map((deadline) => new CancelScope({ parent: root, deadline }));
    for (const scope of siblings) scope.onCancel((reason) => log.push(reason.deadline!));
    clock.time = 40;
    expect(root.cancelled).toBe(false);
    expect(log).toEqual([]);
    expect(siblings.map((scope) => scope.cancelled)).toEqual([true, true, true]);
    expect(log).toEqual([30, 10, 20]);
  });

  it("a deadline on another clock owns the cancellation only if it is reached first (S9, C1)", () => {
    const [slow, fast] = [new HandClock(), new HandClock()];
    const outer = new CancelScope({ clock: slow, deadline: 10 });
    const inner = new CancelScope({ parent: outer, clock: fast, deadline: 10 });
    fast.time = 10;
    expect(inner.reason?.scope).toBe(inner);
    expect(outer.cancelled).toBe(false);
    slow.time = 10;
    expect(outer.cancelled).toBe(true);
  });

  it("a check from below reads the other clock of an outer deadline (S9, C1)", () => {
    const [above, below] = [new HandClock(), new HandClock()];
    const outer = new CancelScope({ clock: above, deadline: 10 });
    const inner = new CancelScope({ parent: outer, clock: below, deadline: 1_000 });
    above.time = 10;
    expect(inner.reason?.scope).toBe(outer);
    expect(below.armed).toBe(0);
  });
});

describe("cancelCalled of a scope that an ancestor cancelled first", () => {
  it("cancelCalled becomes true when the scope's own deadline passes after an ancestor was cancelled (S1)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const scope = new CancelScope({ parent, deadline: 10 });
    parent.cancel();
    expect(scope.cancelCalled).toBe(false);
    clock.time = 10;
    expect(scope.cancelCalled).toBe(true);
    expect(scope.reason).toBe(parent.reason);
    expect(clock.armed).toBe(0);
  });

  it("cancelCalled stays true when a passed deadline is moved, even if nothing read it before (S1)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const scope = new CancelScope({ parent, deadline: 10 });
    parent.cancel();
    clock.time = 10;
    scope.deadline = 1_000;
    expect(scope.cancelCalled).toBe(true);
  });

  it("cancelCalled becomes true when the deadline is set to a past time, and stays true (S1, S10)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    parent.cancel();
    const scope = new CancelScope({ parent, deadline: 10 });
    scope.deadline = 0;
    scope.deadline = Infinity;
    expect(scope.cancelCalled).toBe(true);
  });

  it("cancelCalled is true for a scope created under a cancelled one with a past deadline (S1)", () => {
    const parent = new CancelScope({ clock: new HandClock() });
    parent.cancel();
    const scope = new CancelScope({ parent, deadline: 0 });
    expect([scope.cancelCalled, scope.reason]).toEqual([true, parent.reason]);
  });

  it("cancelCalled no longer changes once the scope is closed (S1)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const [early, late] = [new CancelScope({ parent, deadline: 10 }), new CancelScope({ parent, deadline: 10 })];
    parent.cancel();
    early.close();
    clock.time = 10;
    late.close();
    expect([early.cancelCalled, late.cancelCalled]).toEqual([false, true]);
  });
});

describe("setting CancelScope.deadline", () => {
  it("a deadline can be moved in either direction while the scope is live (S10)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 100 });
    scope.deadline = 200;
    expect(scope.deadline).toBe(200);
    await clock.advanceTo(199);
    expect(scope.cancelled).toBe(false);
    scope.deadline = 300;
    await clock.advanceTo(250);
    expect(scope.cancelled).toBe(false);
    scope.deadline = 260;
    await clock.advanceTo(260);
    expect(scope.reason?.deadline).toBe(260);
  });

  it("a deadline can be given to a scope that had none, and removed again (S10)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock });
    scope.deadline = 10;
    expect(clock.pending).toBe(1);
    scope.deadline = Infinity;
    expect(clock.pending).toBe(0);
    await clock.advance(20);
    expect(scope.cancelled).toBe(false);
    scope.deadline = 30;
    await clock.advanceTo(30);
    expect(scope.cancelled).toBe(true);
  });

  it.each([[0], [-1], [-Infinity], [5]])("a deadline set to a past time cancels at once: %d (S10)", (deadline) => {
    const clock = new HandClock();
    clock.time = 5;
    const born = new CancelScope({ clock, deadline });
    const scope = new CancelScope({ clock });
    const seen = cancellationOf(scope);
    scope.deadline = deadline;
    expect(seen.reason).toMatchObject({ scope, deadline });
    expect(born.reason).toMatchObject({ scope: born, deadline });
    expect(clock.armed).toBe(0);
  });

  it("a new deadline never revives a cancelled scope, and sets no timer (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const child = new CancelScope({ parent: scope });
    clock.time = 10;
    const { reason } = scope;
    for (const deadline of [1_000, Infinity, 0]) {
      scope.deadline = deadline;
      expect(scope.deadline).toBe(deadline);
      expect([scope.reason, child.reason]).toEqual([reason, reason]);
    }
    child.deadline = 1_000;
    expect(clock.armed).toBe(0);
  });

  it("moving a deadline later touches no timer, however often (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const seen = cancellationOf(scope);
    const before = { ...clock.calls };
    for (let deadline = 11; deadline < 100_000; deadline++) scope.deadline = deadline;
    expect(clock.calls).toMatchObject({ setTimer: before.setTimer, clearTimer: before.clearTimer });
    expect([clock.armed, clock.due]).toEqual([1, 10]);
    clock.time = 10;
    clock.fireDue();
    expect([seen.reason, clock.armed, clock.due]).toEqual([undefined, 1, 99_999]);
    clock.time = 99_999;
    clock.fireDue();
    expect(seen.reason?.deadline).toBe(99_999);
    expect([clock.mostArmed, clock.armed]).toEqual([1, 0]);
  });

  it("a deadline moved later and then earlier, but not before its timer, touches no timer (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const before = clock.calls.setTimer;
    for (const deadline of [1_000, 500, 800, 10]) scope.deadline = deadline;
    expect(clock.calls.setTimer).toBe(before);
    clock.time = 10;
    expect(scope.cancelled).toBe(true);
  });

  it("a deadline moved later and then to a past time cancels at once, although the timer has not fired (S10)", () => {
    for (const earlier of [10, 15, 20]) {
      const clock = new HandClock();
      const scope = new CancelScope({ clock, deadline: 10 });
      const seen = cancellationOf(scope);
      scope.deadline = 1_000;
      clock.time = 20;
      scope.deadline = earlier;
      expect(seen.reason).toMatchObject({ scope, deadline: earlier });
      expect(clock.armed).toBe(0);
    }
  });

  it("a deadline moved later is checked at its new time, before and after the old timer fires (S9, S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.deadline = 20;
    clock.time = 15;
    expect(scope.cancelled).toBe(false);
    clock.time = 20;
    expect(scope.cancelled).toBe(true);
  });

  it("an inner deadline owns the cancellation if the equal outer one was moved later (S9, S10)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const inner = new CancelScope({ parent: outer, deadline: 10 });
    outer.deadline = 20;
    clock.time = 30;
    expect(inner.reason?.scope).toBe(inner);
    expect(outer.reason?.scope).toBe(outer);
  });

  it("moving a deadline earlier sets an earlier timer, and clears the later one (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 1_000 });
    for (const deadline of [500, 100, 50]) scope.deadline = deadline;
    expect([clock.due, clock.armed, clock.calls]).toEqual([50, 1, { now: 7, setTimer: 4, clearTimer: 3 }]);
  });

  it.each([[NaN], ["10"], [null], [undefined], [new Date(0)], [10n]])(
    "a deadline set to %o throws a TypeError, and changes nothing (S10)",
    (deadline) => {
      const scope = new CancelScope({ deadline: 1e12 });
      expect(() => (scope.deadline = deadline as never)).toThrow(TypeError);
      expect(() => (scope.deadline = deadline as never)).toThrow(/A deadline must be a number of milliseconds, got /);
      expect(scope.deadline).toBe(1e12);
      scope.close();
    },
  );

  it("setting the deadline of a closed scope throws a ClosedError (S16)", () => {
    const scope = new CancelScope({ deadline: 1e12 });
    scope.close();
    expect(() => (scope.deadline = 0)).toThrow(
      new ClosedError("The scope is closed: its deadline can no longer be moved."),
    );
    expect([scope.deadline, scope.cancelled]).toEqual([1e12, false]);
  });

  it("setting a deadline throws a ClosedError if the check of the clock closes the scope (S9, S16)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ parent: new CancelScope({ clock, deadline: 10 }) });
    scope.onCancel(() => {
      scope.close();
    });
    clock.time = 10;
    expect(() => (scope.deadline = 20)).toThrow(ClosedError);
    expect([scope.deadline, clock.armed]).toEqual([Infinity, 0]);
  });

  it("a deadline set before the run limits the run (S10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock });
    scope.deadline = 10;
    expect(await scope.run((own) => own.sleep(20).then(() => "late"))).toBeUndefined();
    expect(clock.now()).toBe(10);
  });
});

describe("a deadline that has passed", () => {
  it("a scope whose deadline passed keeps its shield, and still counts as running (S9, S11, S14)", async () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const scope = new CancelScope({ parent, deadline: 10, shield: true });
    const run = scope.run((own) => own.sleep(Infinity));
    clock.time = 10;
    expect(scope.cancelled).toBe(true);
    expect(() => void scope.run(() => 1)).toThrow(InvalidStateError);
    expect(describeTree(scope)).toContain("shielded");
    expect(await run).toBeUndefined();
  });

  it("a passed deadline on one clock does not affect a deadline on another (S9, C1)", () => {
    const [above, below] = [new HandClock(), new HandClock()];
    const outer = new CancelScope({ clock: above, deadline: 100 });
    const inner = new CancelScope({ clock: below, parent: outer, deadline: 50 });
    above.time = 100;
    expect([inner.cancelled, inner.reason?.scope === outer, inner.cancelCalled]).toEqual([true, true, false]);
  });
});

describe("CancelScope.effectiveDeadline", () => {
  // As Trio's current_effective_deadline: outer deadline, inner deadline, inner shielded, cancelled scope.
  it.each([
    [Infinity, Infinity, false, undefined, Infinity],
    [10, Infinity, false, undefined, 10],
    [Infinity, 10, false, undefined, 10],
    [10, 20, false, undefined, 10],
    [20, 10, false, undefined, 10],
    [10, 10, false, undefined, 10],
    [10, Infinity, true, undefined, Infinity],
    [10, 20, true, undefined, 20],
    [20, 10, true, undefined, 10],
    [10, 20, false, "outer", -Infinity],
    [10, 20, false, "inner", -Infinity],
    [10, 20, true, "outer", 20],
    [10, 20, true, "inner", -Infinity],
  ])(
    "an effectiveDeadline of %d over %d, shielded: %s, cancelled: %s, is %d (S10)",
    (outerTime, innerTime, shield, cancelled, expected) => {
      const outer = new CancelScope({ clock: new HandClock(), deadline: outerTime });
      const inner = new CancelScope({ parent: outer, deadline: innerTime, shield });
      if (cancelled === "outer") outer.cancel();
      if (cancelled === "inner") inner.cancel();
      expect(inner.effectiveDeadline).toBe(expected);
      expect(new CancelScope({ parent: inner }).effectiveDeadline).toBe(expected);
    },
  );

  it("effectiveDeadline is the earliest of many, with scopes without a deadline in between (S10)", () => {
    let scope = new CancelScope({ clock: new HandClock() });
    for (const deadline of [50, Infinity, 30, Infinity, 40]) scope = new CancelScope({ parent: scope, deadline });
    expect(scope.effectiveDeadline).toBe(30);
  });

  it("effectiveDeadline follows deadlines that move (S10)", () => {
    const outer = new CancelScope({ clock: new HandClock(), deadline: 10 });
    const inner = new CancelScope({ parent: outer });
    outer.deadline = 20;
    expect(inner.effectiveDeadline).toBe(20);
    inner.deadline = 15;
    expect(inner.effectiveDeadline).toBe(15);
    outer.deadline = 5;
    expect(inner.effectiveDeadline).toBe(5);
    outer.deadline = Infinity;
    expect(inner.effectiveDeadline).toBe(15);
  });

  it("effectiveDeadline is converted to the scope's own clock if an ancestor has another (S10, C1)", () => {
    const [above, below] = [new HandClock(), new HandClock()];
    above.time = 1_000;
    below.time = 3;
    const outer = new CancelScope({ clock: above, deadline: 1_010 });
    const inner = new CancelScope({ parent: outer, clock: below });
    expect(inner.effectiveDeadline).toBe(13);
    inner.deadline = 5;
    expect(inner.effectiveDeadline).toBe(5);
  });
});
