import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { describeTree, recordCreationSites } from "@selvage/scope/debug";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { addWaiter, Waiter } from "../../src/tree/waiter.js";
import { HandClock } from "../hand-clock.js";

describe("describeTree", () => {
  it("describeTree prints a line for each live scope below, with kind, name and status, in order of creation (C3)", () => {
    const server = new CancelScope({ name: "server" });
    const first = new CancelScope({ parent: server, name: "first request" });
    new CancelScope({ parent: server, name: "second request", shield: true });
    new CancelScope({ parent: first });
    expect(describeTree(server)).toBe(
      [
        'scope "server": live',
        '  scope "first request": live',
        "    scope: live",
        '  scope "second request": shielded, live',
      ].join("\n"),
    );
  });

  it("describeTree prints the age and the creation site if they were recorded, and otherwise omits them (C3)", async () => {
    const clock = new VirtualClock();
    const server = new CancelScope({ clock, name: "server" });
    const recording = recordCreationSites();
    new CancelScope({ parent: server, name: "request" });
    recording[Symbol.dispose]();
    await clock.advance(1_250);
    const [first, second] = describeTree(server).split("\n");
    expect(first).toBe('scope "server": live');
    expect(second).toMatch(/^ {2}scope "request": live, 1\.3 s, created at .*describe-tree\.test\.ts:\d+/);
  });

  it("describeTree reads no clock if no age was recorded (C3)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock });
    describeTree(root);
    expect(clock.calls.now).toBe(0);
  });

  it("describeTree prints which scopes are cancelled, and which are not although their parent is (C3, S11)", () => {
    const root = new CancelScope({ name: "root" });
    new CancelScope({ parent: root, name: "child" });
    new CancelScope({ parent: root, name: "cleanup", shield: true });
    root.cancel();
    expect(describeTree(root)).toBe(
      ['scope "root": cancelled', '  scope "child": cancelled', '  scope "cleanup": shielded, live'].join("\n"),
    );
  });

  it('describeTree omits closed scopes, and prints "closed" for a closed root (C3)', () => {
    const root = new CancelScope({ name: "root" });
    new CancelScope({ parent: root, name: "gone" }).close();
    expect(describeTree(root)).toBe('scope "root": live');
    root.close();
    expect(describeTree(root)).toBe('scope "root": closed');
  });

  it("describeTree begins at the given scope, and omits its parent and siblings (C3)", () => {
    const root = new CancelScope({ name: "root" });
    const scope = new CancelScope({ parent: root, name: "scope" });
    new CancelScope({ parent: new CancelScope({ parent: scope, name: "child" }), name: "grandchild" });
    new CancelScope({ parent: root, name: "sibling" });
    expect(
      describeTree(scope)
        .split("\n")
        .map((line) => line.trim().split(":")[0]),
    ).toEqual(['scope "scope"', 'scope "child"', 'scope "grandchild"']);
  });

  it("describeTree names owners by kind and tasks by function, and says which tasks run and which are queued (C3)", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock, name: "root" });
    const set = new TaskOwner("Crew", { parent: root, name: "workers", limit: 1 }, { taskEnded() {} });
    async function dig(scope: CancelScope): Promise<void> {
      await scope.sleep(Infinity);
    }
    const digging = set.createTask(dig);
    set.createTask(dig, { name: "digs later" });
    expect(describeTree(root)).toBe(
      ['scope "root": live', '  Crew "workers": live', '    task "dig": running', '    task "digs later": queued'].join(
        "\n",
      ),
    );
    root.cancel();
    expect(describeTree(digging.scope)).toBe('task "dig": running, cancelled');
    await set.finish();
    expect(describeTree(digging.scope)).toBe('task "dig": cancelled');
  });

  it("describeTree prints what a scope waits for if the primitive says so (C3)", () => {
    class Acquiring extends Waiter {
      override get waiting(): string {
        return 'semaphore "db"';
      }
      override cancelled(): void {}
    }
    const scope = new CancelScope({ name: "query" });
    addWaiter(new Acquiring(scope));
    scope.onCancel(() => {});
    expect(describeTree(scope)).toBe('scope "query": live, waits for semaphore "db"');
  });

  it("describeTree checks the clock before it begins, so no listener changes the tree meanwhile (S9, C3)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock, name: "root", deadline: 10 });
    const child = new CancelScope({ parent: root, name: "child" });
    child.onCancel(() => child.close());
    new CancelScope({ parent: root, name: "last" });
    clock.time = 10;
    expect(describeTree(root)).toBe(['scope "root": cancelled', '  scope "last": cancelled'].join("\n"));
  });

  it("describeTree escapes quotes and line breaks in names (C3)", () => {
    const scope = new CancelScope({ name: 'a "quoted"\nname' });
    expect(describeTree(scope)).toBe('scope "a \\"quoted\\"\\nname": live');
  });

  it("describeTree prints at most 1,000 lines, then how many more there are (C3)", () => {
    const root = new CancelScope();
    for (let child = 0; child < 1_500; child++) new CancelScope({ parent: root });
    const lines = describeTree(root).split("\n");
    expect(lines).toHaveLength(1_001);
    expect(lines.at(-1)).toBe("… and 501 more");
  });

  it("describeTree prints at most maxLines lines (C3)", () => {
    const root = new CancelScope();
    new CancelScope({ parent: new CancelScope({ parent: root }) });
    expect(describeTree(root, { maxLines: 2 })).toBe("scope: live\n  scope: live\n… and 1 more");
    expect(describeTree(root, { maxLines: 3 })).toBe("scope: live\n  scope: live\n    scope: live");
  });

  it.each([["2"], [null], [{}]])("describeTree rejects the maxLines %o with a TypeError (C3)", (maxLines) => {
    expect(() => describeTree(new CancelScope(), { maxLines: maxLines as number })).toThrow(TypeError);
  });

  it.each([[0], [-1], [1.5], [NaN]])("describeTree rejects the maxLines %d with a RangeError (C3)", (maxLines) => {
    expect(() => describeTree(new CancelScope(), { maxLines })).toThrow(RangeError);
  });

  it("describeTree prints 100,000 levels, with a limited indentation (C3)", () => {
    const root = new CancelScope();
    let deepest = root;
    for (let level = 0; level < 100_000; level++) deepest = new CancelScope({ parent: deepest });
    new CancelScope({ parent: root, name: "beside" });
    const lines = describeTree(root, { maxLines: Infinity }).split("\n");
    expect(lines).toHaveLength(100_002);
    expect(lines[100_000]).toBe(`${" ".repeat(80)}scope: live`);
    expect(lines[100_001]).toBe('  scope "beside": live');
  });

  it.each([[undefined], [null], [{}], ["scope"], [new AbortController().signal]])(
    "describeTree rejects %o with a TypeError (C3)",
    (scope) => {
      expect(() => describeTree(scope as unknown as CancelScope)).toThrow(TypeError);
    },
  );
});
