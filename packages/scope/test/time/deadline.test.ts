import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, isCancellation, now } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { HandClock } from "../hand-clock.js";
import { told } from "../told.js";

describe("a deadline", () => {
  it("cancels the scope when its timer fires, and says so (S9)", async () => {
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

  it("cuts what waits in the scope and below, and the scope absorbs it (S9, S14)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock, deadline: 10 });
    const value = await scope.run((own) =>
      CancelScope.run((inner) => inner.sleep(60_000).then(() => "late"), { parent: own }),
    );
    expect([value, scope.cancelledCaught, clock.now(), clock.pending]).toEqual([undefined, true, 10, 0]);
  });

  it("that is never reached changes nothing, and leaves no timer (S10)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    expect(await scope.run(() => "early")).toBe("early");
    expect([scope.cancelled, scope.cancelCalled, clock.pending]).toEqual([false, false, 0]);
    await clock.advance(20);
    expect([scope.cancelled, scope.cancelCalled]).toEqual([false, false]);
  });

  it("is Infinity where there is none (S10)", () => {
    expect(new CancelScope().deadline).toBe(Infinity);
    expect(new CancelScope({ deadline: Infinity }).deadline).toBe(Infinity);
    expect(new CancelScope().effectiveDeadline).toBe(Infinity);
  });

  it("is honoured by a loop that never lets the event loop turn, on the platform's clock (S9)", () => {
    const scope = new CancelScope({ deadline: now() + 3 });
    while (!scope.cancelled); // which may be true at once, where the machine is busy
    expect(now()).toBeGreaterThanOrEqual(scope.deadline);
    expect(scope.reason?.deadline).toBe(scope.deadline);
  });
});

describe("whatever reads cancellation state looks at the clock first", () => {
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
    ["inspecting it", (scope) => expect(describeTree(scope)).toContain("cancelled")],
    ["cancel, which comes too late", (scope) => (scope.cancel("late"), expect(scope.reason?.cause).toBeUndefined())],
    [
      "setting deadline, which does not revive",
      (scope) => ((scope.deadline = 1e9), expect(scope.cancelled).toBe(true)),
    ],
    ["creating a scope below", (scope) => expect(new CancelScope({ parent: scope }).cancelled).toBe(true)],
    ["close, after which it stays cancelled", (scope) => (scope.close(), expect(scope.cancelled).toBe(true))],
  ];

  it.each(reads)("%s, though the event loop has not turned (S9)", async (_, read) => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    clock.time = 10;
    await read(scope);
    expect(clock.armed).toBe(0);
  });

  it.each(reads.slice(0, 12).filter(([member]) => member !== "cancelCalled"))(
    "%s, at a visible ancestor's deadline (S9)",
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

  it("a run, when its body has ended late (S9, S14)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const value = await scope.run(() => {
      clock.time = 10;
      throw new DOMException("cut", "AbortError");
    });
    expect([value, scope.cancelledCaught]).toEqual([undefined, true]);
  });

  it("and tells the listeners there and then (S9)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const seen = told(new CancelScope({ parent: scope }));
    clock.time = 10;
    expect(seen.reason).toBeUndefined();
    expect(scope.reason).toBe(seen.reason);
    expect(seen.reason?.scope).toBe(scope);
  });

  it("but not at a hidden ancestor's deadline (S11)", () => {
    const clock = new HandClock();
    const ancestor = new CancelScope({ clock, deadline: 10 });
    const shielded = new CancelScope({ parent: ancestor, shield: true });
    const below = new CancelScope({ parent: shielded });
    clock.time = 10;
    expect([below.cancelled, shielded.cancelled, ancestor.cancelled]).toEqual([false, false, true]);
  });

  it("and at a shielded scope's own (S11)", () => {
    const clock = new HandClock();
    const shielded = new CancelScope({ parent: new CancelScope({ clock, deadline: 10 }), shield: true, deadline: 20 });
    const below = new CancelScope({ parent: shielded });
    clock.time = 19;
    expect(below.cancelled).toBe(false);
    clock.time = 20;
    expect(below.reason?.scope).toBe(shielded);
  });

  it("at no cost without a live deadline: the clock is not asked (S9)", () => {
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

  it("and wakes no sleeper, which would starve the event loop (S9)", async () => {
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

describe("of several deadlines that have passed", () => {
  it.each([
    ["the outer", 5, 10],
    ["the inner", 10, 5],
  ])("the earliest owns the cancellation: %s (S9)", (which, outerDeadline, innerDeadline) => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: outerDeadline });
    const inner = new CancelScope({ parent: outer, deadline: innerDeadline });
    const child = new CancelScope({ parent: inner });
    clock.time = 20;
    expect(child.reason?.scope).toBe(which === "the outer" ? outer : inner);
    expect(outer.reason?.scope).toBe(outer);
    expect([outer.cancelCalled, inner.cancelCalled]).toEqual([true, true]);
  });

  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])(
    "the outermost of equal ones owns it, in whatever order they were set: %j (S9)",
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

  it("the outermost one that a shield does not hide owns it, in whatever order they were set (S9, S11)", () => {
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

  it("those of other branches stay unnoticed until one of their own scopes is checked (S9)", () => {
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

  it("the one of another clock owns only where it is reached first (S9, C1)", () => {
    const [slow, fast] = [new HandClock(), new HandClock()];
    const outer = new CancelScope({ clock: slow, deadline: 10 });
    const inner = new CancelScope({ parent: outer, clock: fast, deadline: 10 });
    fast.time = 10;
    expect(inner.reason?.scope).toBe(inner);
    expect(outer.cancelled).toBe(false);
    slow.time = 10;
    expect(outer.cancelled).toBe(true);
  });

  it("an outer one of another clock is looked at from below (S9, C1)", () => {
    const [above, below] = [new HandClock(), new HandClock()];
    const outer = new CancelScope({ clock: above, deadline: 10 });
    const inner = new CancelScope({ parent: outer, clock: below, deadline: 1_000 });
    above.time = 10;
    expect(inner.reason?.scope).toBe(outer);
    expect(below.armed).toBe(0);
  });
});

describe("cancelCalled, of a scope that an ancestor cancelled first", () => {
  it("becomes true when its own deadline passes (S1)", () => {
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

  it("stays true when the passed deadline is moved, though nobody looked before (S1)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const scope = new CancelScope({ parent, deadline: 10 });
    parent.cancel();
    clock.time = 10;
    scope.deadline = 1_000;
    expect(scope.cancelCalled).toBe(true);
  });

  it("becomes true when its deadline is set to a time past, and stays so (S1, S10)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    parent.cancel();
    const scope = new CancelScope({ parent, deadline: 10 });
    scope.deadline = 0;
    scope.deadline = Infinity;
    expect(scope.cancelCalled).toBe(true);
  });

  it("is true where the scope is born cancelled with a deadline past (S1)", () => {
    const parent = new CancelScope({ clock: new HandClock() });
    parent.cancel();
    const scope = new CancelScope({ parent, deadline: 0 });
    expect([scope.cancelCalled, scope.reason]).toEqual([true, parent.reason]);
  });

  it("is settled when the scope closes (S1)", () => {
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

describe("CancelScope.deadline, set", () => {
  it("moves either way while the scope is live (S10)", async () => {
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

  it("may be given to a scope that had none, and taken away (S10)", async () => {
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

  it.each([[0], [-1], [-Infinity], [5]])("cancels at once where the time has passed: %d (S10)", (deadline) => {
    const clock = new HandClock();
    clock.time = 5;
    const born = new CancelScope({ clock, deadline });
    const scope = new CancelScope({ clock });
    const seen = told(scope);
    scope.deadline = deadline;
    expect(seen.reason).toMatchObject({ scope, deadline });
    expect(born.reason).toMatchObject({ scope: born, deadline });
    expect(clock.armed).toBe(0);
  });

  it("never revives a cancelled scope, and arms nothing (S10)", () => {
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

  it("later touches no timer, however often (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const seen = told(scope);
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

  it("later and then earlier, but not before the timer, touches none either (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const before = clock.calls.setTimer;
    for (const deadline of [1_000, 500, 800, 10]) scope.deadline = deadline;
    expect(clock.calls.setTimer).toBe(before);
    clock.time = 10;
    expect(scope.cancelled).toBe(true);
  });

  it("later and then earlier cancels at once where the time has passed, though the timer has not fired (S10)", () => {
    for (const earlier of [10, 15, 20]) {
      const clock = new HandClock();
      const scope = new CancelScope({ clock, deadline: 10 });
      const seen = told(scope);
      scope.deadline = 1_000;
      clock.time = 20;
      scope.deadline = earlier;
      expect(seen.reason).toMatchObject({ scope, deadline: earlier });
      expect(clock.armed).toBe(0);
    }
  });

  it("later is honoured by a look before the old time's timer, and after it (S9, S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.deadline = 20;
    clock.time = 15;
    expect(scope.cancelled).toBe(false);
    clock.time = 20;
    expect(scope.cancelled).toBe(true);
  });

  it("later on an outer scope leaves an inner deadline to own the cancellation (S9, S10)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const inner = new CancelScope({ parent: outer, deadline: 10 });
    outer.deadline = 20;
    clock.time = 30;
    expect(inner.reason?.scope).toBe(inner);
    expect(outer.reason?.scope).toBe(outer);
  });

  it("earlier sets an earlier timer, and clears the later one (S10)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 1_000 });
    for (const deadline of [500, 100, 50]) scope.deadline = deadline;
    expect([clock.due, clock.armed, clock.calls]).toEqual([50, 1, { now: 7, setTimer: 4, clearTimer: 3 }]);
  });

  it.each([[NaN], ["10"], [null], [undefined], [new Date(0)], [10n]])(
    "is a TypeError with %o, and changes nothing (S10)",
    (deadline) => {
      const scope = new CancelScope({ deadline: 1e12 });
      expect(() => (scope.deadline = deadline as never)).toThrow(TypeError);
      expect(() => (scope.deadline = deadline as never)).toThrow(/A deadline must be a number of milliseconds, got /);
      expect(scope.deadline).toBe(1e12);
      scope.close();
    },
  );

  it("is a ClosedError on a closed scope (S16)", () => {
    const scope = new CancelScope({ deadline: 1e12 });
    scope.close();
    expect(() => (scope.deadline = 0)).toThrow(
      new ClosedError("The scope is closed: its deadline can no longer be moved."),
    );
    expect([scope.deadline, scope.cancelled]).toEqual([1e12, false]);
  });

  it("is a ClosedError, too, where the check of the clock has it closed (S9, S16)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ parent: new CancelScope({ clock, deadline: 10 }) });
    scope.onCancel(() => {
      scope.close();
    });
    clock.time = 10;
    expect(() => (scope.deadline = 20)).toThrow(ClosedError);
    expect([scope.deadline, clock.armed]).toEqual([Infinity, 0]);
  });

  it("before the run bounds the run (S10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock });
    scope.deadline = 10;
    expect(await scope.run((own) => own.sleep(20).then(() => "late"))).toBeUndefined();
    expect(clock.now()).toBe(10);
  });
});

describe("a deadline that has passed", () => {
  it("leaves the scope's shield, and that it runs, as they are (S9, S11, S14)", async () => {
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

  it("on one clock says nothing of a deadline on another (S9, C1)", () => {
    const [above, below] = [new HandClock(), new HandClock()];
    const outer = new CancelScope({ clock: above, deadline: 100 });
    const inner = new CancelScope({ clock: below, parent: outer, deadline: 50 });
    above.time = 100;
    expect([inner.cancelled, inner.reason?.scope === outer, inner.cancelCalled]).toEqual([true, true, false]);
  });
});

describe("CancelScope.effectiveDeadline", () => {
  // What Trio's current_effective_deadline says: outer deadline, inner deadline, inner shielded, who is cancelled.
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
  ])("of %d over %d, shielded: %s, cancelled: %s, is %d (S10)", (outerTime, innerTime, shield, cancelled, expected) => {
    const outer = new CancelScope({ clock: new HandClock(), deadline: outerTime });
    const inner = new CancelScope({ parent: outer, deadline: innerTime, shield });
    if (cancelled === "outer") outer.cancel();
    if (cancelled === "inner") inner.cancel();
    expect(inner.effectiveDeadline).toBe(expected);
    expect(new CancelScope({ parent: inner }).effectiveDeadline).toBe(expected);
  });

  it("is the earliest of many, past scopes that have none (S10)", () => {
    let scope = new CancelScope({ clock: new HandClock() });
    for (const deadline of [50, Infinity, 30, Infinity, 40]) scope = new CancelScope({ parent: scope, deadline });
    expect(scope.effectiveDeadline).toBe(30);
  });

  it("follows deadlines that move (S10)", () => {
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

  it("is told on the scope's own clock, where an ancestor has another (S10, C1)", () => {
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
