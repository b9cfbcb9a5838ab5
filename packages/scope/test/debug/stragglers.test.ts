import { CancelScope } from "@selvage/scope";
import { describeTree, recordCreationSites, watchStragglers } from "@selvage/scope/debug";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";

/** An owner of tasks on a virtual clock, and the reports of the watch. */
function watched(): { clock: VirtualClock; set: TaskOwner; reports: string[]; watch: Disposable } {
  const clock = new VirtualClock();
  const reports: string[] = [];
  const watch = watchStragglers({ after: 5_000, report: (text) => reports.push(text) });
  return { clock, set: new TaskOwner("Test", { clock, name: "owner" }, { taskEnded() {} }), reports, watch };
}

/** Ends after `ms`, even if its scope is cancelled. */
function deaf(clock: VirtualClock, ms: number): () => Promise<void> {
  return () => {
    const own = new CancelScope({ parent: null, clock });
    return own.sleep(ms).then(() => {
      own.close();
    });
  };
}

describe("watchStragglers", () => {
  it("watchStragglers names a task that has not ended some time after it was cancelled, with its age and creation site (C3)", async () => {
    const { clock, set, reports, watch } = watched();
    set.createTask(deaf(clock, 10_000), { name: "deaf" });
    set.createTask((scope) => scope.sleep(Infinity), { name: "polite" });
    await clock.advance(1_000);
    set.scope.cancel("enough");
    await clock.advance(4_999);
    expect(reports).toEqual([]);
    await clock.advance(1);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^Still running 5000 ms after "owner" was cancelled: enough:\n {2}task "deaf": /);
    expect(reports[0]).toMatch(/running, cancelled, 6\.0 s, created at .*stragglers\.test\.ts:\d+/);
    expect(reports[0]).not.toContain("polite");
    await clock.advance(4_000);
    await set.finish();
    watch[Symbol.dispose]();
    expect(clock.pending).toBe(0);
  });

  it("watchStragglers names a task once, although its owner is cancelled later as well (C3)", async () => {
    const { clock, set, reports, watch } = watched();
    const task = set.createTask(deaf(clock, 20_000), { name: "deaf" });
    task.cancel("alone");
    await clock.advance(1_000);
    set.scope.cancel("all");
    await clock.advance(19_000);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain("alone");
    await set.finish();
    watch[Symbol.dispose]();
  });

  it("watchStragglers does not name a task that ends in time, or a queued one that never starts (C3)", async () => {
    const clock = new VirtualClock();
    const reports: string[] = [];
    const watch = watchStragglers({ after: 5_000, report: (text) => reports.push(text) });
    const set = new TaskOwner("Test", { clock, limit: 1 }, { taskEnded() {} });
    set.createTask(deaf(clock, 4_999));
    set.createTask(() => undefined, { name: "queued" });
    set.scope.cancel();
    await clock.advance(10_000);
    await set.finish();
    expect(reports).toEqual([]);
    watch[Symbol.dispose]();
  });

  it("disposing of the handle ends the watch, and leaves no alarm (C3)", async () => {
    const { clock, set, reports, watch } = watched();
    set.createTask(deaf(clock, 10_000));
    set.scope.cancel();
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    await clock.advance(10_000);
    await set.finish();
    expect(reports).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("watchStragglers ignores cancellations after its handle was disposed of (C3)", async () => {
    const { clock, set, reports, watch } = watched();
    watch[Symbol.dispose]();
    set.createTask(deaf(clock, 10_000));
    set.scope.cancel();
    await clock.advance(10_000);
    await set.finish();
    expect(reports).toEqual([]);
  });

  it("watchStragglers throws for a wrong time and a wrong function (C3)", () => {
    expect(() => watchStragglers({ after: NaN })).toThrow(TypeError);
    expect(() => watchStragglers({ report: "stderr" as never })).toThrow(TypeError);
  });
});

describe("recordCreationSites", () => {
  it("recordCreationSites makes describeTree print where each scope was created, while it is on (C3)", () => {
    using before = new CancelScope({ name: "before" });
    const recording = recordCreationSites();
    using during = new CancelScope({ name: "during" });
    recording[Symbol.dispose]();
    using after = new CancelScope({ name: "after" });
    expect(describeTree(during)).toMatch(
      /^scope "during": live, \d+ ms, created at .*stragglers\.test\.ts:\d+:\d+\)?$/,
    );
    expect(describeTree(before)).not.toContain("created at");
    expect(describeTree(after)).not.toContain("created at");
  });

  it("the recording goes on until every handle was disposed of, and each handle counts once (C3)", () => {
    const first = recordCreationSites();
    const second = recordCreationSites();
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    using recorded = new CancelScope();
    second[Symbol.dispose]();
    using unrecorded = new CancelScope();
    expect(describeTree(recorded)).toContain("created at");
    expect(describeTree(unrecorded)).not.toContain("created at");
  });
});
