import { leaves } from "@selvage/exception-group";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findingsOf } from "../../.vitepress/theme/playground/engine/findings.js";
import { describe as say } from "../../.vitepress/theme/playground/engine/narrate.js";
import { type Primitive, primitives } from "../../.vitepress/theme/playground/engine/primitives.js";
import { record, type Recording } from "../../.vitepress/theme/playground/engine/record.js";
import { programOf } from "../../.vitepress/theme/playground/engine/source.js";
import { type Workload, workloadOf } from "../../.vitepress/theme/playground/engine/workload.js";
import { setups } from "./setups.js";

const run = (primitive: Primitive, workload: Workload): Promise<Recording> => record(programOf(primitive, workload));

/** The events after the start. */
const story = ({ events }: Recording): string[] =>
  events.filter(({ kind }) => kind !== "started").map((event) => `${event.at} ${say(event)}`);

const oneFails = workloadOf([300, { takes: 150, fails: true }, { takes: 400, cleanup: 50 }]);
const threeSpeeds = workloadOf([150, { takes: 300, cleanup: 60 }, 400]);

describe("record", () => {
  it("sees a TaskGroup cancel the siblings, and wait for their cleanup (T1, T2, T3)", async () => {
    const recording = await run("TaskGroup", oneFails);

    expect(story(recording)).toEqual([
      "150 orders fails: Error: no orders",
      "150 user is cancelled",
      "150 reviews is cancelled",
      "150 reviews cleans up",
      "150 user has stopped, cancelled",
      "200 reviews has stopped, cancelled",
      "200 the caller has control back: throws ExceptionGroup: 1 task failed in a TaskGroup: orders: no orders",
    ]);
    expect(recording.end).toBe(200);
  });

  it("sees a TaskGroup wait for a task that ignores cancellation (T1)", async () => {
    const workload = workloadOf([
      { takes: 150, fails: true },
      { takes: 400, ignores: true },
    ]);

    expect(story(await run("TaskGroup", workload))).toEqual([
      "150 user fails: Error: no user",
      "150 orders is cancelled",
      "400 orders returns",
      "400 the caller has control back: throws ExceptionGroup: 1 task failed in a TaskGroup: user: no user",
    ]);
  });

  it("sees gather report both errors, and resolve with all results in order (T3, T11)", async () => {
    const { outcome } = await run(
      "gather",
      workloadOf([
        { takes: 150, fails: true },
        { takes: 300, cleanup: 50, cleanupFails: true },
      ]),
    );

    expect([...leaves(outcome.ok ? undefined : outcome.error)].map(String)).toEqual([
      "Error: no user",
      "Error: orders left a mess",
    ]);
    expect((await run("gather", workloadOf([300, 150, 200]))).outcome).toEqual({
      at: 300,
      ok: true,
      value: ["user", "orders", "reviews"],
    });
  });

  it("sees race settle when the losers have cleaned up (T11)", async () => {
    expect(story(await run("race", threeSpeeds))).toEqual([
      "150 user returns",
      "150 orders is cancelled",
      "150 reviews is cancelled",
      "150 orders cleans up",
      "150 reviews has stopped, cancelled",
      "210 orders has stopped, cancelled",
      '210 the caller has control back: value "user"',
    ]);
  });

  it("sees any ignore a failure (T11)", async () => {
    const { outcome } = await run("any", oneFails);

    expect(outcome).toEqual({ at: 350, ok: true, value: "user" });
  });

  it("sees map start a task when another has ended, and none after a failure (T8, T11)", async () => {
    const workload = workloadOf([150, 250, { takes: 50, fails: true }, 100], { limit: 2 });
    const recording = await run("map", workload);

    expect(recording.events.map((event) => `${event.at} ${say(event)}`)).toEqual([
      "0 user starts",
      "0 orders starts",
      "150 user returns",
      "150 reviews starts",
      "200 reviews fails: Error: no reviews",
      "200 orders is cancelled",
      "200 orders has stopped, cancelled",
      "200 the caller has control back: throws ExceptionGroup: 1 task failed in a TaskGroup: anonymous: no reviews",
    ]);
  });

  it("sees a Supervisor report the failure, and run on (V1, V2)", async () => {
    expect(story(await run("Supervisor", oneFails))).toEqual([
      "150 orders fails: Error: no orders",
      "150 onError receives the error of orders",
      "300 user returns",
      "400 reviews cleans up",
      "450 reviews returns",
      '450 the caller has control back: value ["user: fulfilled", "orders: rejected", "reviews: fulfilled"]',
    ]);
  });

  it("sees a shutdown wait for its grace, then cancel the tasks (V4, V5)", async () => {
    const workload = workloadOf([150, 250, { takes: 500, cleanup: 60 }], { shutdownAt: 200, grace: 100 });

    expect(story(await run("Supervisor", workload))).toEqual([
      "150 user returns",
      "200 shutdown",
      "250 orders returns",
      "300 reviews is cancelled",
      "300 reviews cleans up",
      "360 reviews has stopped, cancelled",
      "360 the caller has control back: value { completed: 1, failed: 0, cancelled: 1, abandoned: [], elapsed: 160 }",
    ]);
  });

  it("sees gatherSettled wait for all, and return how each ended (V10)", async () => {
    const { outcome } = await run("gatherSettled", oneFails);

    expect(outcome).toMatchObject({
      at: 450,
      value: [{ status: "fulfilled" }, { status: "rejected" }, { status: "fulfilled" }],
    });
  });

  it("sees timeout wait for the cleanup, and throw (O1)", async () => {
    const { outcome } = await run("timeout", { ...threeSpeeds, timeout: 200 });

    expect(outcome).toMatchObject({ at: 260, ok: false, error: { name: "TimeoutError" } });
  });

  it("sees moveOnAfter wait for the cleanup, and return undefined (O7)", async () => {
    const { outcome } = await run("moveOnAfter", { ...threeSpeeds, timeout: 200 });

    expect(outcome).toEqual({ at: 260, ok: true, value: undefined });
  });

  it("sees an outer cancellation reach the tasks, and the caller (T5)", async () => {
    const recording = await run("TaskGroup", { ...threeSpeeds, cancelAt: 200 });

    expect(story(recording)).toEqual([
      "150 user returns",
      "200 outer cancel",
      "200 orders is cancelled",
      "200 reviews is cancelled",
      "200 orders cleans up",
      "200 reviews has stopped, cancelled",
      "260 orders has stopped, cancelled",
      "260 the caller has control back: throws AbortError: an AbortSignal was cancelled: the user left",
    ]);
  });

  it.each([
    ["Promise.all", 150, ["user", "reviews"]],
    ["Promise.race", 150, ["user", "reviews"]],
    ["Promise.any", 300, ["reviews"]],
    ["Promise.allSettled", 450, []],
  ] as const)("sees %s come back after %d ms, and what it leaves running", async (primitive, at, left) => {
    const recording = await run(primitive, oneFails);

    expect(recording.outcome.at).toBe(at);
    expect(findingsOf(recording).left).toEqual(left);
    expect(recording.end).toBe(450);
  });

  it("sees the usual timeout by hand leave everything running", async () => {
    const recording = await run("Promise.all", { ...threeSpeeds, timeout: 100 });

    expect(recording.outcome).toMatchObject({ at: 100, ok: false });
    expect(findingsOf(recording).left).toEqual(["user", "orders", "reviews"]);
  });

  it("sees errors that are lost", async () => {
    const workload = workloadOf([
      { takes: 100, fails: true },
      { takes: 200, fails: true },
    ]);

    expect(findingsOf(await run("Promise.all", workload)).lost).toEqual(["orders"]);
    expect(findingsOf(await run("Promise.allSettled", workload)).lost).toEqual([]);
    expect(findingsOf(await run("Supervisor", workload)).lost).toEqual([]);
  });

  it("sees no primitive of this project leave a task running, whatever the workload (T1, V7, O1)", async () => {
    const owners = primitives.filter(({ from }) => from !== undefined).map(({ name }) => name);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...owners), setups, async (primitive, { workload }) => {
        const recording = await run(primitive, workload);
        expect(findingsOf(recording).left).toEqual([]);
        expect(recording.end).toBe(recording.outcome.at);
      }),
    );
  });

  it("sees no primitive of this project lose an error, except any and race, which discard those of losers (T3, T11, V2)", async () => {
    const discarding = ["any", "race"];
    const owners = primitives
      .filter(({ from, name }) => from !== undefined && !discarding.includes(name))
      .map(({ name }) => name);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...owners), setups, async (primitive, { workload }) => {
        expect(findingsOf(await run(primitive, workload)).lost).toEqual([]);
      }),
    );
  });

  it("records the same events when it runs again", async () => {
    await fc.assert(
      fc.asyncProperty(setups, async ({ first, workload }) => {
        expect(story(await run(first, workload))).toEqual(story(await run(first, workload)));
      }),
      { numRuns: 20 },
    );
  });

  it("runs the text that it is given", async () => {
    const { tasks, main } = programOf("gather", workloadOf([300, 200]));
    const { outcome } = await record({ tasks: tasks.replace("work(300", "work(700"), main });

    expect(outcome.at).toBe(700);
  });

  it("rejects if the program never settles", async () => {
    const { tasks } = programOf("gather", workloadOf([300, 200]));
    const main = "export default async function caller() {\n  return new Promise(() => {});\n}\n";

    await expect(record({ tasks, main })).rejects.toThrow("expected the program to settle");
  });
});
