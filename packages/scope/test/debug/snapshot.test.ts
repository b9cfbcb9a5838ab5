import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { recordAges, recordCreationSites, snapshot } from "@selvage/scope/debug";
import { observe, TaskOwner } from "@selvage/scope/lowlevel";

describe("snapshot", () => {
  it("snapshot lists containers with their parents, the tasks that created them, and the tasks that they own (C3)", async () => {
    const root = new CancelScope({ name: "root", clock: new VirtualClock() });
    const outer = new TaskOwner("TaskGroup", { parent: root, name: "outer", limit: 1 }, { taskEnded() {} });
    const task = outer.createTask((scope) => {
      new TaskOwner("Supervisor", { parent: scope, name: "inner" }, { taskEnded() {} });
      return scope.sleep(Infinity);
    });
    outer.createTask(() => {}, { name: "later" });
    const { containers } = snapshot(root);
    expect(containers.map(({ kind, name }) => [kind, name])).toEqual([
      ["scope", "root"],
      ["TaskGroup", "outer"],
      ["Supervisor", "inner"],
    ]);
    const [first, second, third] = containers;
    expect([first!.parent, first!.owner, first!.tasks]).toEqual([null, null, []]);
    expect([second!.parent, second!.owner]).toEqual([first!.container, null]);
    expect(second!.tasks.map(({ name, status }) => [name, status])).toEqual([
      ["anonymous", "running"],
      ["later", "queued"],
    ]);
    expect([third!.parent, third!.owner]).toEqual([second!.container, second!.tasks[0]!.id]);
    task.cancel();
    root.cancel();
  });

  it("a snapshot is plain JSON data (C3)", () => {
    const root = new CancelScope({ name: "root", deadline: Infinity });
    new CancelScope({ parent: root, shield: true });
    const taken = snapshot(root);
    expect(JSON.parse(JSON.stringify(taken))).toEqual(taken);
  });

  it("snapshot gives a scope the same small id each time, and another scope another id (C3)", () => {
    const root = new CancelScope();
    const [before] = snapshot(root).containers;
    new CancelScope({ parent: root });
    const [after, child] = snapshot(root).containers;
    expect(after!.container).toBe(before!.container);
    expect(child!.container).not.toBe(after!.container);
    expect(child!.container).toBeLessThan(2 ** 31);
  });

  it("snapshot states why a scope is cancelled, and when and where it was created if that was recorded (C3)", async () => {
    const clock = new VirtualClock();
    const recording = recordCreationSites();
    const root = new CancelScope({ name: "root", clock });
    recording[Symbol.dispose]();
    await clock.advance(20);
    expect(snapshot(root).containers[0]).toMatchObject({
      cancelled: null,
      age: 20,
      site: expect.stringContaining("snapshot.test.ts") as string,
    });
    root.cancel("enough");
    expect(snapshot(root).containers[0]).toMatchObject({ cancelled: '"root" was cancelled: enough', status: "live" });
    expect(snapshot(new CancelScope()).containers[0]).toMatchObject({ age: null, site: null });
  });

  it("snapshot states which scope was cancelled, and for how long (C3, N4)", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ name: "root", clock });
    const child = new CancelScope({ parent: new CancelScope({ parent: root, name: "middle" }), name: "child" });
    expect(snapshot(root).containers[0]).toMatchObject({ cancelledBy: null, cancelledFor: null });
    using _ = observe({});
    root.cancel("enough");
    await clock.advance(30);
    const [{ container }, , last] = snapshot(root).containers as never as [{ container: number }, unknown, object];
    expect(last).toMatchObject({ name: "child", cancelledFor: 30 });
    expect(last).toMatchObject({ cancelledBy: { id: container, kind: "scope", name: "root" } });
    expect(snapshot(child).containers[0]).toMatchObject({ cancelledBy: { id: container, name: "root" } });
    const unobserved = new CancelScope();
    _[Symbol.dispose]();
    unobserved.cancel();
    expect(snapshot(unobserved).containers[0]).toMatchObject({ cancelledBy: { name: null }, cancelledFor: null });
  });

  it("snapshot takes at most maxScopes, and counts the others (C3)", () => {
    const root = new CancelScope();
    const owner = new TaskOwner("TaskGroup", { parent: root }, { taskEnded() {} });
    for (let task = 0; task < 3; task++) owner.createTask((scope) => scope.sleep(Infinity));
    const { containers, more } = snapshot(root, { maxScopes: 3 });
    expect([containers.length, containers[1]!.tasks.length, more]).toEqual([2, 1, 2]);
    expect(snapshot(root, { maxScopes: 5 }).more).toBe(0);
    expect(snapshot(root).more).toBe(0);
    root.cancel();
  });

  it.each([["2"], [null], [{}]])("snapshot rejects the maxScopes %o with a TypeError (C3)", (maxScopes) => {
    expect(() => snapshot(new CancelScope(), { maxScopes: maxScopes as number })).toThrow(TypeError);
  });

  it.each([[0], [-1], [1.5], [NaN]])("snapshot rejects the maxScopes %d with a RangeError (C3)", (maxScopes) => {
    expect(() => snapshot(new CancelScope(), { maxScopes })).toThrow(RangeError);
  });

  it("snapshot handles 100,000 levels and 100,000 siblings (C3)", () => {
    const root = new CancelScope();
    let deepest = root;
    for (let level = 0; level < 100_000; level++) deepest = new CancelScope({ parent: deepest });
    for (let child = 0; child < 100_000; child++) new CancelScope({ parent: root });
    expect(snapshot(root).containers).toHaveLength(200_001);
  });

  it.each([[undefined], [null], [{}], ["scope"]])("snapshot rejects %o with a TypeError (C3)", (scope) => {
    expect(() => snapshot(scope as unknown as CancelScope)).toThrow(TypeError);
  });
});

describe("recordAges", () => {
  it("recordAges records when scopes are created, and not where (C3)", async () => {
    const clock = new VirtualClock();
    const recordings = [recordAges(), recordAges()];
    const root = new CancelScope({ clock });
    recordings[0]![Symbol.dispose]();
    recordings[0]![Symbol.dispose](); // a second time, which does nothing
    const child = new CancelScope({ parent: root });
    recordings[1]![Symbol.dispose]();
    const late = new CancelScope({ parent: root });
    await clock.advance(20);
    expect([root, child, late].map((scope) => snapshot(scope).containers[0]!.age)).toEqual([20, 20, null]);
    expect(snapshot(root).containers[0]!.site).toBeNull();
  });

  it("recordAges and recordCreationSites work together, whichever begins first (C3)", () => {
    const record = { ages: recordAges, sites: recordCreationSites };
    for (const order of [["ages", "sites"] as const, ["sites", "ages"] as const]) {
      const recordings = order.map((name) => record[name]());
      const scope = new CancelScope({ clock: new VirtualClock() });
      for (const recording of recordings) recording[Symbol.dispose]();
      expect(snapshot(scope).containers[0]).toMatchObject({
        age: 0,
        site: expect.stringContaining("snapshot") as string,
      });
    }
  });

  it("a clock that throws gives no age (C3)", () => {
    using _ = recordAges();
    let isBroken = true;
    const broken = new VirtualClock();
    const clock = {
      now: () => {
        if (isBroken) throw new Error("broken");
        return 1;
      },
      setTimer: broken.setTimer.bind(broken),
      clearTimer: broken.clearTimer.bind(broken),
    };
    const scope = new CancelScope({ clock });
    isBroken = false;
    expect(snapshot(scope).containers[0]!.age).toBeNull();
  });
});
