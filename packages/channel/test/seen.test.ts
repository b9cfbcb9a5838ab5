import { describeTree } from "@selvage/scope/debug";
import { describe, expect, it } from "vitest";
import { CancelScope, Channel, select, Watch } from "../src/index.js";

describe("what describeTree shows", () => {
  it("a scope that waits for a channel, a watch or a select, until it is served (Q12)", async () => {
    using server = new CancelScope({ name: "server" });
    const jobs = new Channel<string>({ name: "jobs" });
    const ready = new Watch(false, { name: "ready" });
    using receiver = new CancelScope({ name: "receiver", parent: server });
    using watcher = new CancelScope({ name: "watcher", parent: server });
    using chooser = new CancelScope({ name: "chooser", parent: server });
    const received = jobs.receive(receiver);
    const watched = ready.until(watcher, Boolean);
    const chosen = select(chooser, [jobs.onReceive((job) => job)]);
    const lines = describeTree(server).split("\n");
    expect(lines.find((line) => line.includes("receiver"))).toContain('channel "jobs"');
    expect(lines.find((line) => line.includes("watcher"))).toContain('watch "ready"');
    expect(lines.find((line) => line.includes("chooser"))).toContain("select");
    jobs.trySend("one");
    jobs.trySend("two");
    ready.set(true);
    expect(await Promise.all([received, watched, chosen])).toEqual(["one", true, "two"]);
    expect(describeTree(server)).not.toMatch(/jobs|ready|select/);
  });
});
