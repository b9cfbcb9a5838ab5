import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, describeTree, recordCreationSites } from "@selvage/scope";
import { TaskSet } from "@selvage/scope/lowlevel";
import { HandClock } from "./hand-clock.js";

describe("describeTree", () => {
  it("prints a line for each live scope below: name, status, by creation, and age where it was recorded (C3)", async () => {
    const clock = new VirtualClock();
    using _recording = recordCreationSites();
    const server = new CancelScope({ clock, name: "server" });
    const first = new CancelScope({ parent: server, name: "first request" });
    await clock.advance(250);
    new CancelScope({ parent: server, name: "second request", shield: true });
    new CancelScope({ parent: first });
    await clock.advance(1_000);
    expect(describeTree(server).replaceAll(/, created at .*$/gm, "")).toBe(
      [
        'scope "server": live, 1.3 s',
        '  scope "first request": live, 1.3 s',
        "    scope: live, 1.0 s",
        '  scope "second request": shielded, live, 1.0 s',
      ].join("\n"),
    );
  });

  it("says what is cancelled, and what is not although its parent is (C3, S11)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock, name: "root" });
    new CancelScope({ parent: root, name: "child" });
    new CancelScope({ parent: root, name: "cleanup", shield: true });
    root.cancel();
    expect(describeTree(root)).toBe(
      ['scope "root": cancelled', '  scope "child": cancelled', '  scope "cleanup": shielded, live'].join("\n"),
    );
  });

  it("leaves out what is closed, and says of a root that it is (C3)", () => {
    const root = new CancelScope({ clock: new HandClock(), name: "root" });
    new CancelScope({ parent: root, name: "gone" }).close();
    expect(describeTree(root)).toBe('scope "root": live');
    root.close();
    expect(describeTree(root)).toBe('scope "root": closed');
  });

  it("begins at the scope given: neither its parent nor its siblings are in it (C3)", () => {
    const root = new CancelScope({ clock: new HandClock(), name: "root" });
    const scope = new CancelScope({ parent: root, name: "scope" });
    new CancelScope({ parent: new CancelScope({ parent: scope, name: "child" }), name: "grandchild" });
    new CancelScope({ parent: root, name: "sibling" });
    expect(
      describeTree(scope)
        .split("\n")
        .map((line) => line.trim().split(":")[0]),
    ).toEqual(['scope "scope"', 'scope "child"', 'scope "grandchild"']);
  });

  it("names owners by their kind and tasks by their function, with their status (C3)", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock, name: "root" });
    const set = new TaskSet("Crew", { parent: root, name: "workers", limit: 1 }, { taskEnded() {} });
    async function dig(scope: CancelScope): Promise<void> {
      await scope.sleep(Infinity);
    }
    const digging = set.createTask(dig);
    set.createTask(dig, { name: "digs later" });
    await clock.advance(20);
    expect(describeTree(root)).toBe(
      [
        'scope "root": live',
        '  Crew "workers": live',
        '    task "dig": pending',
        '    task "digs later": pending',
      ].join("\n"),
    );
    root.cancel();
    expect(describeTree(digging.scope)).toBe('task "dig": pending, cancelled');
    await set.drained();
    expect(describeTree(digging.scope)).toBe('task "dig": cancelled');
    expect(describeTree(root).split("\n")).toHaveLength(2);
    set.end();
  });

  it("checks the clock of its root before it begins, so that no listener changes the tree meanwhile (S9, C3)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock, name: "root", deadline: 10 });
    const child = new CancelScope({ parent: root, name: "child" });
    child.onCancel(() => {
      child.close();
    });
    new CancelScope({ parent: root, name: "last" });
    clock.time = 10;
    expect(describeTree(root)).toBe(['scope "root": cancelled', '  scope "last": cancelled'].join("\n"));
  });

  it("is not confused by names with quotes and line breaks (C3)", () => {
    const scope = new CancelScope({ clock: new HandClock(), name: 'a "quoted"\nname' });
    expect(describeTree(scope)).toBe('scope "a \\"quoted\\"\\nname": live');
  });

  it("prints 100,000 levels, indented no further than can be read (C3)", () => {
    const root = new CancelScope({ clock: new HandClock() });
    let deepest = root;
    for (let level = 0; level < 100_000; level++) deepest = new CancelScope({ parent: deepest });
    new CancelScope({ parent: root, name: "beside" });
    const lines = describeTree(root).split("\n");
    expect(lines).toHaveLength(100_002);
    expect(lines[100_000]).toBe(`${" ".repeat(80)}scope: live`);
    expect(lines[100_001]).toBe('  scope "beside": live');
  });

  it("prints ages on the platform's clock, too, where they were recorded (C3)", () => {
    expect(describeTree(new CancelScope({ name: "scope" }))).toBe('scope "scope": live');
    using _recording = recordCreationSites();
    expect(describeTree(new CancelScope({ name: "scope" }))).toMatch(/^scope "scope": live, \d+ ms, created at /);
  });
});
