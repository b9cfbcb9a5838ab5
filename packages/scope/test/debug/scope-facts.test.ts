import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, type Clock } from "../../src/index.js";
import { factsOf, observe, parentOf, startTask, TaskOwner } from "../../src/lowlevel.js";
import { snapshot } from "../../src/debug.js";
import {
  cancelFor,
  childrenOf,
  type DerivedNameOptions,
  type LabelledOptions,
  makeReason,
  noteRun,
} from "../../src/internal.js";
import { HandClock } from "../hand-clock.js";
import { uncaughtDuring } from "../uncaught.js";

const policy = { taskEnded() {} };

describe("factsOf", () => {
  it("the facts are plain data, which does not change with the scope (N4)", () => {
    const scope = new CancelScope({ name: "search" });
    const facts = factsOf(scope);
    expect(facts).toEqual({
      id: facts.id,
      kind: "scope",
      name: "search",
      named: true,
      status: "live",
      attempt: undefined,
      deadline: Infinity,
      cancelledBy: undefined,
      cancelledAt: undefined,
    });
    scope.cancel();
    scope.close();
    expect([facts.status, facts.cancelledBy]).toEqual(["live", undefined]);
    expect(factsOf(scope)).toMatchObject({ status: "closed", cancelledBy: scope });
  });

  it("the id is a small number that is the scope's alone, and stays the same, also in snapshots (N4)", () => {
    const [first, second] = [new CancelScope(), new CancelScope()];
    const { id } = factsOf(first);
    expect(Number.isInteger(id)).toBe(true);
    expect(factsOf(second).id).toBe(id + 1);
    expect(snapshot(first).containers[0]!.container).toBe(id);
    first.close();
    expect(factsOf(first).id).toBe(id);
  });

  it("the kind is scope, task, or that of the owner, and the name the given one or that of the function (N4)", async () => {
    const owner = new TaskOwner("Crew", { name: "diggers" }, policy);
    const { scope } = owner.createTask(async function dig() {});
    expect(factsOf(owner.scope)).toMatchObject({ kind: "Crew", name: "diggers" });
    expect(factsOf(scope)).toMatchObject({ kind: "task", name: "dig" });
    expect(factsOf(new CancelScope())).toMatchObject({ kind: "scope", name: undefined });
    await owner.finish();
  });

  it("a scope is named if a name was given, also once it has ended; a task with the name of its function is not (N4)", async () => {
    const owner = new TaskOwner("Crew", { name: "diggers", limit: 1 }, policy);
    const given = owner.createTask(async () => {}, { name: "dig" }).scope;
    const queued = owner.createTask(async () => {}, { name: "" }).scope;
    const derived = owner.createTask(async function dig() {}).scope;
    const byPackage = owner.createTask(async () => {}, { name: "dig", _isDerived: true } as DerivedNameOptions).scope;
    const started: CancelScope[] = [];
    using _ = observe({ opened: (scope) => scope.name === "start" && started.push(scope) });
    const start = async (_scope: CancelScope, began: () => void): Promise<void> => began();
    const starting = [startTask(owner, start), startTask(owner, start, { name: "start" })];
    const named = (): boolean[] => [given, queued, derived, byPackage, ...started].map((scope) => factsOf(scope).named);
    expect(named()).toEqual([true, true, false, false, false, true]);
    await Promise.all([...starting, owner.finish()]);
    expect(named()).toEqual([true, true, false, false, false, true]);
    expect(factsOf(owner.scope).named).toBe(true);
    expect(factsOf(new TaskOwner("Crew", {}, policy).scope).named).toBe(false);
    expect(factsOf(new CancelScope()).named).toBe(false);
    expect(factsOf(new CancelScope({ name: "" })).named).toBe(true);
  });

  it("a label says whether its name was given, and the number of the run that its scope is (N4)", () => {
    const scopeOf = (label: object): CancelScope => new CancelScope({ _label: label } as LabelledOptions);
    const given = scopeOf({ kind: "timeout", name: "load" });
    const derived = scopeOf({ kind: "every", name: "poll", isNamed: false });
    const run = scopeOf({ kind: "scope", name: "run", isNamed: false, attempt: 3 });
    expect([given, derived, run].map((scope) => factsOf(scope).named)).toEqual([true, false, false]);
    expect([given, derived, run].map((scope) => factsOf(scope).attempt)).toEqual([undefined, undefined, 3]);
  });

  it("the attempt of a task is the number of its latest run (N4)", async () => {
    const owner = new TaskOwner("Crew", {}, policy);
    const { scope } = owner.createTask((own) => own.checkpoint());
    expect(factsOf(scope).attempt).toBe(1);
    noteRun(scope, 2, undefined);
    await owner.finish();
    expect(factsOf(scope).attempt).toBe(2);
    expect(factsOf(owner.scope).attempt).toBeUndefined();
  });

  it("the status of a task is queued, running, waiting to restart, or how it ended (N4)", async () => {
    const owner = new TaskOwner("Crew", { limit: 1 }, policy);
    const first = owner.createTask((scope) => scope.checkpoint());
    const second = owner.createTask((scope) => scope.sleep(60_000));
    const third = owner.createTask(() => Promise.reject(new Error("no")));
    const statuses = (): string[] => [first, second, third].map(({ scope }) => factsOf(scope).status);
    expect(statuses()).toEqual(["running", "queued", "queued"]);
    noteRun(first.scope, 1, 1_000);
    expect(statuses()[0]).toBe("waiting to restart");
    noteRun(first.scope, 2, undefined);
    await first;
    expect(statuses()).toEqual(["fulfilled", "running", "queued"]);
    second.cancel();
    await owner.finish();
    expect(statuses()).toEqual(["fulfilled", "cancelled", "rejected"]);
  });

  it("the deadline is the earliest that the scope sees, also once it has passed unnoticed, or was cancelled (N4)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock, deadline: 10 });
    const child = new CancelScope({ parent: root, deadline: 20 });
    const shielded = new CancelScope({ parent: child, shield: true });
    expect([root, child, shielded].map((scope) => factsOf(scope).deadline)).toEqual([10, 10, Infinity]);
    clock.time = 15;
    const reads = clock.calls.now;
    expect(factsOf(child)).toMatchObject({ deadline: 10, cancelledBy: undefined });
    expect(clock.calls.now).toBe(reads); // it does not check the clock
    expect(child.cancelled).toBe(true);
    expect(factsOf(child)).toMatchObject({ deadline: 10, cancelledBy: root });
  });

  it("a deadline on another clock is stated on the clock of the scope, and an error of a clock passes (N4, C1)", () => {
    const clock = new HandClock();
    const other = new HandClock();
    clock.time = 1_000;
    const root = new CancelScope({ clock, deadline: 1_010 });
    const child = new CancelScope({ parent: root, clock: other });
    expect(factsOf(child).deadline).toBe(10);
    other.now = () => {
      throw new Error("broken");
    };
    expect(() => factsOf(child)).toThrow("broken");
    expect(factsOf(root).deadline).toBe(1_010);
  });

  it("cancelledBy is the scope that was cancelled, or that of another cause: a deadline, a signal (N4)", () => {
    const clock = new VirtualClock();
    const outer = new CancelScope({ clock });
    const inner = new CancelScope({ parent: new CancelScope({ parent: outer }), deadline: 10 });
    outer.cancel();
    expect(factsOf(inner).cancelledBy).toBe(outer);
    const late = new CancelScope({ clock, deadline: -1 });
    expect(factsOf(late).cancelledBy).toBe(late);
    const ofSignal = new CancelScope({ parent: AbortSignal.abort() });
    expect(factsOf(ofSignal).cancelledBy).toBe(parentOf(ofSignal));
  });

  it("cancelledAt is the time of the cancellation on the clock of its root, if an observer was registered (N4)", async () => {
    const clock = new VirtualClock({ start: 100 });
    const root = new CancelScope({ clock });
    const child = new CancelScope({ parent: root, clock: new VirtualClock() });
    {
      using _ = observe({});
      await clock.advance(50);
      root.cancel();
    }
    const later = new CancelScope({ parent: child });
    await clock.advance(50);
    expect([root, child, later].map((scope) => factsOf(scope).cancelledAt)).toEqual([150, 150, 150]);
    const unobserved = new CancelScope({ clock });
    unobserved.cancel();
    expect(factsOf(unobserved).cancelledAt).toBeUndefined();
  });

  it("cancelledAt is known in the event itself, for a deadline the time at which it was seen (N4)", async () => {
    const clock = new VirtualClock();
    const times: unknown[] = [];
    using _ = observe({ cancelled: (scope) => times.push(factsOf(scope).cancelledAt) });
    new CancelScope({ clock, deadline: 10 });
    await clock.advance(20);
    expect(times).toEqual([10]);
  });

  it("cancelledAt is the time at which the cancellation reached a tree, where one reaches several (N4, V4)", () => {
    const clock = new HandClock();
    const owner = new CancelScope({ clock });
    const [first, second] = [new CancelScope({ parent: owner }), new CancelScope({ parent: owner })];
    using _ = observe({});
    const reason = makeReason(owner, "shutdown");
    const below = new CancelScope({ parent: first });
    const times = (): unknown[] => [first, below, second, owner].map((scope) => factsOf(scope).cancelledAt);
    clock.time = 1;
    cancelFor(first, reason);
    clock.time = 2;
    cancelFor(second, reason);
    expect(times()).toEqual([1, 1, 2, undefined]);
    clock.time = 3;
    cancelFor(owner, reason);
    expect(times()).toEqual([1, 1, 2, 3]);
    below.close();
    expect(factsOf(below).cancelledAt).toBe(1);
  });

  it("cancelledAt takes constant time on average, however deep the tree is (N4)", () => {
    using _ = observe({});
    const scopes = [new CancelScope()];
    while (scopes.length < 1_000) scopes.push(new CancelScope({ parent: scopes.at(-1)! }));
    scopes[0]!.cancel();
    let steps = 0;
    for (const scope of scopes) {
      const parent = parentOf(scope);
      Object.defineProperty(scope, "_parent", { get: () => (steps++, parent) });
    }
    const times = new Set(scopes.reverse().map((scope) => factsOf(scope).cancelledAt));
    expect(times.size).toBe(1);
    expect(times).not.toContain(undefined);
    expect(steps).toBeLessThan(20_000);
  });

  it("cancelledAt is undefined if the clock throws, which is not reported: the program did not read it (N4, C1)", async () => {
    const clock: Clock = {
      now: () => {
        throw new Error("broken");
      },
      setTimer() {},
      clearTimer() {},
    };
    using _ = observe({});
    const scope = new CancelScope({ clock });
    expect(
      await uncaughtDuring(() => {
        scope.cancel();
      }),
    ).toEqual([]);
    expect(factsOf(scope)).toMatchObject({ cancelledBy: scope, cancelledAt: undefined });
  });

  it.each([[undefined], [null], [{}], ["scope"], [new AbortController().signal]])(
    "a value that is not a scope is a TypeError: %o (N4)",
    (value) => {
      expect(() => factsOf(value as never)).toThrow(TypeError);
    },
  );
});

describe("parentOf", () => {
  it("returns the scope that a scope lies below; undefined for a root, and for one that is closed (N4)", () => {
    const root = new CancelScope();
    const child = new CancelScope({ parent: root });
    expect([parentOf(child), parentOf(root)]).toEqual([root, undefined]);
    child.close();
    expect(parentOf(child)).toBeUndefined();
  });
});

describe("childrenOf", () => {
  it("returns the open scopes directly below, oldest first, in an array that does not change (N4)", () => {
    const root = new CancelScope();
    expect(childrenOf(root)).toEqual([]);
    const children = [1, 2, 3].map(() => new CancelScope({ parent: root }));
    new CancelScope({ parent: children[0]! });
    const before = childrenOf(root);
    children[1]!.close();
    expect(before).toEqual(children);
    expect(childrenOf(root)).toEqual([children[0], children[2]]);
  });
});
