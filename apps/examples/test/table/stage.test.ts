import { ExceptionGroup } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import type { ManyTasks, OneBody, ProbeTask, Surroundings } from "../../src/table/row.js";
import { Stage } from "../../src/table/stage.js";

/** Waits for everything, and passes the caller's signal to every task. */
const patient: ManyTasks = {
  async run(body, { signal }) {
    const promises: Promise<unknown>[] = [];
    await body({ start: (task) => void promises.push(task(signal)) });
    return Promise.allSettled(promises);
  },
  collect: (tasks) => Promise.all(tasks.map((task) => task())),
};

/** Does not wait. */
const careless: ManyTasks = {
  ...patient,
  run: async (body) => body({ start: (task) => void task().catch(() => {}) }),
};

describe("Stage", () => {
  it("sees whether tasks had ended when the caller had control back", async () => {
    expect(await run(patient, ({ task }) => [task({ lasts: 10 })])).toMatchObject({ allHadEnded: true });
    expect(await run(careless, ({ task }) => [task({ lasts: 10 })])).toMatchObject({ allHadEnded: false });
    expect(await run(careless, ({ task }) => [task({ lasts: 0 })])).toMatchObject({ allHadEnded: true });
  });

  it("counts a task that cleans up or never started as not ended", async () => {
    const stage = new Stage();
    stage.work({ lasts: 10 });
    expect(await stage.runTasks(patient, () => {})).toMatchObject({ allHadEnded: false });
    const sight = await run(patient, ({ task }) => [task({ lasts: 10, cleanup: 20 })]);
    expect(sight.outcome.at).toBe(30);
  });

  it("sees whether a task was cancelled while it ran", async () => {
    const stage = new Stage();
    const prompt = stage.work({ lasts: 50 });
    const deaf = stage.work({ lasts: 50, ignoresCancellation: true });
    const over = stage.work({ lasts: 5 });
    await stage.runTasks(patient, ({ start }) => {
      for (const { task } of [prompt, deaf, over]) start(task);
      stage.at(10, () => stage.cancelCaller());
    });
    expect([prompt, deaf, over].map(({ wasTold, endedAt }) => [wasTold, endedAt])).toEqual([
      [true, 10],
      [true, 50],
      [false, 5],
    ]);
  });

  it("sees errors that were reported in a list, in a group, bare, or to the handler", async () => {
    const error = new Error("failed");
    const failing = ({ task }: { task: Make }): ProbeTask[] => [task({ lasts: 10, fails: error })];
    const reports = async (way: ManyTasks): Promise<boolean> => (await run(way, failing)).hasReported(error);
    expect(await reports(patient)).toBe(true);
    expect(await reports(rejecting(new ExceptionGroup("group", [error])))).toBe(true);
    expect(await reports(rejecting(error))).toBe(true);
    expect(await reports(rejecting(new Error("another")))).toBe(false);
    expect(await reports(careless)).toBe(false);
    const telling: ManyTasks = { ...careless, run: async (_body, { onError }) => onError(error) };
    expect(await reports(telling)).toBe(true);
  });

  it("lets tasks fail in their cleanup", async () => {
    const error = new Error("in use");
    const sight = await run(patient, ({ task }) => [task({ lasts: 10, cleanup: 10, cleanupFails: error })]);
    expect([sight.hasReported(error), sight.outcome.at]).toEqual([true, 20]);
  });

  it("collects results", async () => {
    const stage = new Stage();
    const { outcome } = await stage.collect(patient, [stage.work({ lasts: 10, value: "a" }).task]);
    expect(outcome).toEqual({ at: 10, ok: true, value: ["a"] });
  });

  it("passes its limit to a single body", async () => {
    const limits: number[] = [];
    const way: OneBody = { run: async (_body, { limit }: Surroundings) => limits.push(limit) };
    await new Stage().runBody(way, async () => {}, 10);
    await new Stage().runBody(way, async () => {});
    expect(limits).toEqual([10, Infinity]);
  });
});

type Make = (plan: Parameters<Stage["work"]>[0]) => ProbeTask;

function run(way: ManyTasks, make: (tools: { task: Make }) => ProbeTask[]): ReturnType<Stage["runTasks"]> {
  const stage = new Stage();
  const tasks = make({ task: (plan) => stage.work(plan).task });
  return stage.runTasks(way, ({ start }) => tasks.forEach((task) => start(task)));
}

function rejecting(error: Error): ManyTasks {
  return { ...careless, run: () => Promise.reject(error) };
}
