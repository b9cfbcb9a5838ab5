import { describe, expect, it } from "vitest";
import { CancelScope, type Clock } from "@selvage/scope";
import { HandClock } from "../hand-clock.js";
import { cancellationOf } from "../cancellation-of.js";

describe("a check of the clock", () => {
  it("a check of the clock ignores passed deadlines of another tree, a sibling or a scope below, and runs no listener of theirs (S9)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock, deadline: 1_000 });
    const scope = new CancelScope({ parent: root });
    const others = [
      new CancelScope({ clock, deadline: 10 }),
      new CancelScope({ parent: root, deadline: 10 }),
      new CancelScope({ parent: scope, deadline: 10 }),
    ].map(cancellationOf);
    clock.time = 20;
    scope.throwIfCancelled();
    expect([scope.cancelled, scope.reason, scope.signal.aborted, scope.effectiveDeadline]).toEqual([
      false,
      undefined,
      false,
      1_000,
    ]);
    expect(others.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined]);
  });

  it("a check reads only the clocks of its own chain, even if another clock has a deadline (S9, C1)", () => {
    const [own, other] = [new HandClock(), new HandClock()];
    const scope = new CancelScope({ clock: own, deadline: 10 });
    const below = new CancelScope({ parent: scope, clock: other, deadline: 10 });
    const elsewhere = new CancelScope({ clock: other, deadline: 10 });
    const before = other.calls.now;
    own.time = 5;
    for (let i = 0; i < 10; i++) scope.throwIfCancelled();
    expect(other.calls.now).toBe(before);
    expect([below.cancelled, elsewhere.cancelled]).toEqual([false, false]);
  });

  it("a check reads each clock once, however many deadlines in the chain use it (S9)", () => {
    const clock = new HandClock();
    let scope = new CancelScope({ clock, deadline: 1_000 });
    for (let i = 0; i < 100; i++) scope = new CancelScope({ parent: scope, deadline: 1_000 });
    const before = clock.calls.now;
    expect(scope.cancelled).toBe(false);
    expect(clock.calls.now).toBe(before + 1);
  });

  it("a check costs the same at any depth and beside any number of clocks and deadlines (S9)", () => {
    function cost(depth: number, others: number): number {
      const clock = new HandClock();
      const elsewhere = Array.from({ length: others }, () => new HandClock());
      for (const other of elsewhere) new CancelScope({ clock: other, deadline: 10 });
      for (let i = 0; i < others; i++) new CancelScope({ clock, deadline: 1e9 });
      let scope = new CancelScope({ clock, deadline: 1_000 });
      for (let i = 0; i < depth; i++) scope = new CancelScope({ parent: scope });
      const before = clock.calls.now;
      const beforeElsewhere = elsewhere.map(({ calls }) => calls.now);
      for (let i = 0; i < 10; i++) scope.throwIfCancelled();
      expect(elsewhere.map(({ calls }) => calls.now)).toEqual(beforeElsewhere);
      return clock.calls.now - before;
    }
    expect([cost(0, 0), cost(10_000, 0), cost(0, 5_000), cost(10_000, 5_000)]).toEqual([10, 10, 10, 10]);
  });

  it("a check costs nothing in a scope without a live deadline, while other trees have deadlines (S9)", () => {
    const clock = new HandClock();
    new CancelScope({ clock, deadline: 10 });
    const scope = new CancelScope({ parent: new CancelScope({ clock }) });
    const before = clock.calls.now;
    for (let i = 0; i < 10; i++) scope.throwIfCancelled();
    expect(clock.calls.now).toBe(before);
  });

  it("closing a tree 100,000 deep reads no clock for deadlines of other trees, and reads it once per scope for one at its root (S9)", () => {
    for (const [deadline, reads] of [
      [Infinity, 0],
      [1e9, 100_001],
    ] as const) {
      const clock = new HandClock();
      for (let i = 0; i < 100; i++) new CancelScope({ clock, deadline: 1e9 });
      const scopes = [new CancelScope({ clock, deadline })];
      for (let i = 0; i < 100_000; i++) scopes.push(new CancelScope({ parent: scopes[i]! }));
      const before = clock.calls.now;
      for (const scope of scopes.reverse()) scope.close();
      expect(clock.calls.now - before).toBe(reads);
    }
  });

  it("cancel checks the scope's chain and not the scopes below, which are cancelled with the outer reason (S1, S9)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const below = new CancelScope({ parent: scope, deadline: 10 });
    clock.time = 20;
    scope.cancel("outer");
    expect(below.reason).toBe(scope.reason);
    expect(below.reason?.cause).toBe("outer");
    expect(below.cancelCalled).toBe(true);
  });

  it("cancel finds a deadline that passed above before it marks the scope (S9)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const scope = new CancelScope({ parent: outer });
    clock.time = 10;
    scope.cancel("too late");
    expect(scope.reason?.scope).toBe(outer);
    expect(scope.cancelCalled).toBe(true);
  });

  it("among deadlines on several clocks, the most overdue one owns the cancellation, and the outermost of equal ones (S9, C1)", () => {
    for (const [outerTime, innerTime, owner] of [
      [15, 25, 1],
      [25, 15, 0],
      [15, 15, 0],
    ] as const) {
      const [above, below] = [new HandClock(), new HandClock()];
      const outer = new CancelScope({ clock: above, deadline: 10 });
      const inner = new CancelScope({ parent: outer, clock: below, deadline: 10 });
      above.time = outerTime;
      below.time = innerTime;
      expect(inner.reason?.scope).toBe([outer, inner][owner]);
      expect([outer.cancelled, inner.cancelCalled]).toEqual([true, true]);
    }
  });
});

describe("the first deadline of a scope", () => {
  it("a scope's first deadline applies to existing children and grandchildren, also below ones with a deadline, but not behind a shield (S10, S11)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock });
    const child = new CancelScope({ parent: root });
    const grandchild = new CancelScope({ parent: child });
    const limited = new CancelScope({ parent: root, deadline: 100 });
    const belowLimited = new CancelScope({ parent: new CancelScope({ parent: limited }), deadline: 200 });
    const shielded = new CancelScope({ parent: child, shield: true });
    const behind = new CancelScope({ parent: shielded });
    const afterShield = new CancelScope({ parent: child });
    root.deadline = 10;
    const late = new CancelScope({ parent: grandchild });
    const all = [root, child, grandchild, limited, belowLimited, shielded, behind, afterShield, late];
    expect(all.map((scope) => scope.effectiveDeadline)).toEqual([10, 10, 10, 10, 10, Infinity, Infinity, 10, 10]);
    clock.time = 10;
    expect(belowLimited.reason?.scope).toBe(root);
    expect(all.map((scope) => scope.reason?.scope === root)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect([limited.cancelCalled, behind.cancelled]).toEqual([false, false]);
  });

  it("first deadlines make the same chain, whether they are set from the inside out or from the outside in (S10)", () => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const clock = new HandClock();
      const scopes = [new CancelScope({ clock })];
      for (let i = 1; i < 4; i++) scopes.push(new CancelScope({ parent: scopes[i - 1]! }));
      for (const index of order) scopes[index]!.deadline = 100 + index;
      expect(scopes.map((scope) => scope.effectiveDeadline)).toEqual([100, 100, 100, 100]);
      scopes[0]!.deadline = Infinity;
      expect(scopes.map((scope) => scope.effectiveDeadline)).toEqual([Infinity, 101, 101, 101]);
      scopes[2]!.deadline = 50;
      expect(scopes.map((scope) => scope.effectiveDeadline)).toEqual([Infinity, 101, 50, 50]);
    }
  });

  it("a scope's first deadline applies 100,000 levels below (S3, S10)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock });
    let deepest = root;
    for (let i = 0; i < 100_000; i++) deepest = new CancelScope({ parent: deepest });
    root.deadline = 10;
    expect([deepest.effectiveDeadline, clock.armed]).toEqual([10, 1]);
    clock.time = 10;
    clock.fireDue();
    expect(deepest.reason?.scope).toBe(root);
  });

  it("a scope that is closed or detached is removed from the chain of deadlines (S16)", async () => {
    const clock = new HandClock();
    const closed = new CancelScope({ parent: new CancelScope({ clock, deadline: 10 }) });
    closed.close();
    clock.time = 20;
    expect([closed.effectiveDeadline, closed.cancelled]).toEqual([Infinity, false]);
    let left: CancelScope | undefined;
    const run = CancelScope.run(
      (scope) => {
        left = new CancelScope({ parent: scope });
      },
      { clock, deadline: 100 },
    );
    await expect(run).rejects.toThrow("1 scope is still open");
    expect([left!.reason?.scope === left, clock.armed]).toEqual([true, 1]);
  });
});

describe("CancelScope.effectiveDeadline over several clocks", () => {
  it("effectiveDeadline is the earliest deadline of the chain, converted to the scope's own clock (S10, C1)", () => {
    const clocks = [0, 1_000, 50].map((time) => Object.assign(new HandClock(), { time }));
    const outer = new CancelScope({ clock: clocks[0]!, deadline: 30 }); // In 30 ms.
    const middle = new CancelScope({ parent: outer, clock: clocks[1]!, deadline: 1_020 }); // In 20 ms.
    const inner = new CancelScope({ parent: middle, clock: clocks[2]!, deadline: 90 }); // In 40 ms.
    expect([outer, middle, inner].map((scope) => scope.effectiveDeadline)).toEqual([30, 1_020, 70]);
    middle.deadline = 2_000;
    expect([middle, inner].map((scope) => scope.effectiveDeadline)).toEqual([1_030, 80]);
    outer.cancel();
    expect(inner.effectiveDeadline).toBe(-Infinity);
  });

  it("effectiveDeadline ignores a clock without a deadline (S10, C1)", () => {
    const clock: Clock = { now: () => NaN, setTimer: () => 0, clearTimer: () => {} };
    const outer = new CancelScope({ clock: new HandClock(), deadline: 30 });
    const between = new CancelScope({ parent: outer, clock });
    expect(new CancelScope({ parent: between, clock: outer.clock, deadline: 20 }).effectiveDeadline).toBe(20);
  });
});
