import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { recordCreationSites, snapshot } from "@selvage/scope/debug";
import { TaskOwner } from "@selvage/scope/lowlevel";

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
