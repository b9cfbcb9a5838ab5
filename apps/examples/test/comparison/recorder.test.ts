import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Recorder, type Watched } from "../../src/comparison/recorder.js";

describe("Recorder", () => {
  it("records that a task starts and returns, and resolves with its name", async () => {
    const { recorder, ended } = watch((task) => task.work(20));
    expect(await ended).toEqual({ status: "fulfilled", value: "a" });
    expect(recorder.events).toEqual([
      { at: 0, task: "a", kind: "started" },
      { at: 20, task: "a", kind: "returned" },
    ]);
  });

  it("records that a task fails, and with which error", async () => {
    const error = new Error("out of paper");
    const { recorder, ended } = watch(async (task) => {
      await task.work(20);
      throw error;
    });
    expect(await ended).toEqual({ status: "rejected", reason: error });
    expect(recorder.events.at(-1)).toEqual({ at: 20, task: "a", kind: "failed", error });
  });

  it("records that a task notices its signal, and is cancelled", async () => {
    const { recorder, ended } = watch((task) => task.work(20), 10);
    expect(await ended).toMatchObject({ status: "rejected", reason: { name: "AbortError" } });
    expect(recorder.events.map(({ at, kind }) => [at, kind])).toEqual([
      [0, "started"],
      [10, "noticed"],
      [10, "cancelled"],
    ]);
  });

  it("distinguishes a failing cleanup from a cancellation", async () => {
    const { recorder } = await watched(async (task) => {
      try {
        await task.work(20);
      } finally {
        await task.insist(5).then(() => Promise.reject(new Error("in use")));
      }
    }, 10);
    expect(recorder.events.map(({ at, kind }) => [at, kind])).toEqual([
      [0, "started"],
      [10, "noticed"],
      [15, "failed"],
    ]);
  });

  it("lets a task that insists run on", async () => {
    const { recorder } = await watched((task) => task.insist(20), 10);
    expect(recorder.events.map(({ at, kind }) => [at, kind])).toEqual([
      [0, "started"],
      [20, "returned"],
    ]);
  });

  it("finds the task of a promise", () => {
    const recorder = new Recorder(new VirtualClock());
    const promise = recorder.watch("a", undefined, async () => {});
    expect(recorder.taskOf(promise)).toBe("a");
    expect(recorder.taskOf(Promise.resolve())).toBeUndefined();
  });
});

/** Watches a task, whose signal aborts at a time. */
function watch(
  body: (task: Watched) => Promise<void>,
  abortAt?: number,
): { recorder: Recorder; ended: Promise<PromiseSettledResult<string>> } {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const controller = new AbortController();
  const [ended] = [recorder.watch("a", controller.signal, body)].map(settle);
  if (abortAt !== undefined) clock.setTimer(() => controller.abort(), abortAt);
  return { recorder, ended: clock.runAll().then(() => ended!) };
}

async function watched(body: (task: Watched) => Promise<void>, abortAt: number): Promise<{ recorder: Recorder }> {
  const { recorder, ended } = watch(body, abortAt);
  await ended;
  return { recorder };
}

async function settle(promise: Promise<string>): Promise<PromiseSettledResult<string>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}
