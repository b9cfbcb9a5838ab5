/** Names come from outside. Each message that contains one escapes it, and truncates it if it is long (E7). */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { startTask, TaskOwner } from "@selvage/scope/lowlevel";

const unsafe = "a\n\x1b[2J\u202e";
const escaped = '"a\\n\\x1b[2J\\u202e"';

function messageOf(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was thrown";
}

describe("a name in a message", () => {
  it("a name is escaped in the error of scopes that are still open (E7)", () => {
    const parent = new CancelScope({ name: unsafe });
    const child = new CancelScope({ parent, name: unsafe });
    expect(messageOf(() => parent.close())).toContain(`1 scope is still open in ${escaped} that ends: ${escaped}.`);
    child.close();
    parent.close();
  });

  it("a name is escaped in the tree and in the inspection of a scope or a task (E7)", async () => {
    using scope = new CancelScope({ name: unsafe });
    expect(describeTree(scope)).toContain(`scope ${escaped}: live`);
    expect(inspect(scope)).toBe(`CancelScope ${escaped} (live)`);
    const set = new TaskOwner("TaskGroup", { parent: scope, name: unsafe }, { taskEnded() {} });
    const task = set.createTask(() => {}, { name: unsafe });
    expect(inspect(task)).toBe(`Task ${escaped} (pending)`);
    expect(messageOf(() => task.result())).toContain(`Task ${escaped} has not ended`);
    await set.finish();
  });

  it("a name is escaped in the error of a task that does not call started (E7)", async () => {
    const set = new TaskOwner("TaskGroup", { parent: null }, { taskEnded() {} });
    const starting = startTask(set, () => {}, { name: unsafe });
    await expect(starting).rejects.toThrow(`Task ${escaped} ended without calling started()`);
    await set.finish();
  });

  it("a long name is truncated (E7)", () => {
    using scope = new CancelScope({ name: "x".repeat(1_000_000) });
    expect(describeTree(scope).length).toBeLessThan(200);
    expect(messageOf(() => new CancelScope({ deadline: unsafe as never }))).not.toContain("\u202e");
  });
});
