import { describe, expect, it } from "vitest";
import { record, type Recording } from "../../src/comparison/contest.js";
import { findingsOf } from "../../src/comparison/findings.js";
import { platform } from "../../src/comparison/platform.js";
import { selvage } from "../../src/comparison/selvage.js";
import { tasks } from "../../src/comparison/workload.js";

const contestants = [...platform, ...selvage];

describe("record", () => {
  it.each(contestants)("starts every task under $name, and follows it to its end", async (contestant) => {
    const recording = await record(contestant);
    expect(findingsOf(recording).lanes.map(({ task }) => task)).toEqual(tasks.map(({ name }) => name));
  });

  it("finds that Promise.all leaves work running, and loses an error", async () => {
    const recording = await recordNamed("Promise.all");
    expect(recording.outcome).toMatchObject({ at: 60, ok: false, error: { message: "out of paper" } });
    expect(summary(recording)).toEqual({
      unseen: ["untidy"],
      unhandled: [],
      left: ["slow", "stubborn", "untidy", "late"],
    });
  });

  it("finds that a TaskGroup waits for all tasks, and reports both errors (T1, T2, T3)", async () => {
    const recording = await recordNamed("TaskGroup");
    expect(recording.outcome).toMatchObject({
      at: 140,
      ok: false,
      error: { errors: [{ message: "out of paper" }, { message: "the files are in use" }] },
    });
    expect(summary(recording)).toEqual({ unseen: [], unhandled: [], left: [] });
  });

  it("finds that a Supervisor lets all tasks run on, and passes both errors to its handler (V1, V2)", async () => {
    const recording = await recordNamed("Supervisor");
    expect(recording.outcome).toMatchObject({ at: 200, ok: true });
    expect(recording.handled).toMatchObject([{ message: "out of paper" }, { message: "the files are in use" }]);
    expect(summary(recording)).toEqual({ unseen: [], unhandled: [], left: [] });
  });

  it("finds that a CancelScope cancels its tasks, and waits only for its body (S14)", async () => {
    const recording = await recordNamed("CancelScope");
    const { lanes } = findingsOf(recording);
    expect(lanes.filter(({ noticed }) => noticed === 60).map(({ task }) => task)).toEqual(["slow", "untidy", "late"]);
    expect(summary(recording)).toEqual({ unseen: ["untidy"], unhandled: ["late"], left: ["stubborn", "untidy"] });
  });

  it("finds that a timeout by hand leaves work running", async () => {
    const recording = await recordNamed("Promise.allSettled", 50);
    expect(recording.outcome).toMatchObject({ at: 50, ok: false, error: { name: "TimeoutError" } });
    expect(summary(recording)).toEqual({ unseen: ["untidy"], unhandled: ["late"], left: ["stubborn", "untidy"] });
  });

  it("finds that a timeout waits for the tasks of a Supervisor, and then throws the TimeoutError (O1)", async () => {
    const recording = await recordNamed("Supervisor", 50);
    expect(recording.outcome).toMatchObject({ at: 140, ok: false, error: { name: "TimeoutError" } });
    expect(summary(recording)).toEqual({ unseen: [], unhandled: [], left: [] });
  });

  it("finds that the errors of a TaskGroup win over the timeout that cancelled it (O3)", async () => {
    const recording = await recordNamed("TaskGroup", 50);
    expect(recording.outcome).toMatchObject({
      at: 140,
      ok: false,
      error: { name: "ExceptionGroup", errors: [{ message: "the files are in use" }] },
    });
  });

  it("finds the same results for a TaskGroup and for the code by hand", async () => {
    for (const timeout of [undefined, 50]) {
      const byHand = await recordNamed("AbortController, by hand", timeout);
      const group = await recordNamed("TaskGroup", timeout);
      expect(lives(byHand)).toEqual(lives(group));
      expect(byHand.outcome.at).toBe(group.outcome.at);
    }
  });
});

function recordNamed(name: string, timeout?: number): Promise<Recording> {
  return record(
    contestants.find((contestant) => contestant.name === name)!,
    timeout,
  );
}

function summary(recording: Recording): Record<"unseen" | "unhandled" | "left", string[]> {
  const { unseen, unhandled, left } = findingsOf(recording);
  const names = (lanes: readonly { task: string }[]): string[] => lanes.map(({ task }) => task);
  return { unseen: names(unseen), unhandled: names(unhandled), left: names(left) };
}

function lives(recording: Recording): unknown[] {
  return findingsOf(recording).lanes.map(({ task, start, noticed, end, kind }) => [task, start, noticed, end, kind]);
}
