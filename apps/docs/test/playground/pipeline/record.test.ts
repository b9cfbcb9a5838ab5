import { leaves } from "@selvage/exception-group";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeMoment, momentsOf } from "../../../.vitepress/theme/playground/engine/pipeline/narrate.js";
import type { Plan } from "../../../.vitepress/theme/playground/engine/pipeline/plan.js";
import { type PipelineRecording, recordPipeline } from "../../../.vitepress/theme/playground/engine/pipeline/record.js";
import { pipelineProgram } from "../../../.vitepress/theme/playground/engine/pipeline/source.js";
import { plans, planWith } from "./plans.js";

const run = (plan: Plan): Promise<PipelineRecording> => recordPipeline(pipelineProgram(plan));

const story = (recording: PipelineRecording): string[] =>
  momentsOf(recording).map(({ at, moment }) => `${at} ${describeMoment(moment)}`);

describe("recordPipeline", () => {
  it("sees a slow last stage push back to the first (Q2)", async () => {
    expect(story(await run(planWith({ capacity: 1 })))).toEqual([
      "0 read works on 1. lines is empty. transform waits for an item. rows is empty. write waits for an item. 0 written.",
      "20 read works on 2. lines is empty. transform works on 1. rows is empty. write waits for an item. 0 written.",
      "40 read works on 3. lines holds 2. transform works on 1. rows is empty. write waits for an item. 0 written.",
      "50 read works on 3. lines is empty. transform works on 2. rows is empty. write works on 1. 0 written.",
      "60 read works on 4. lines holds 3. transform works on 2. rows is empty. write works on 1. 0 written.",
      "80 read works on 5. lines holds 4. transform works on 3. rows holds 2. write works on 1. 0 written.",
      "100 read has 5, and waits for room. lines holds 4. transform works on 3. rows holds 2. write works on 1. 0 written.",
      "110 read has 5, and waits for room. lines holds 4. transform has 3, and waits for room. rows holds 2. write works on 1. 0 written.",
      "150 read has returned. lines holds 5. transform works on 4. rows holds 3. write works on 2. 1 written.",
      "180 read has returned. lines holds 5. transform has 4, and waits for room. rows holds 3. write works on 2. 1 written.",
      "250 read has returned. lines is empty. transform works on 5. rows holds 4. write works on 3. 2 written.",
      "280 read has returned. lines is empty. transform has 5, and waits for room. rows holds 4. write works on 3. 2 written.",
      "350 read has returned. lines is empty. transform has returned. rows holds 5. write works on 4. 3 written.",
      "450 read has returned. lines is empty. transform has returned. rows is empty. write works on 5. 4 written.",
      "550 read has returned. lines is empty. transform has returned. rows is empty. write has returned. 5 written.",
    ]);
  });

  it("sees items go from hand to hand with capacity 0 (Q1)", async () => {
    expect(story(await run(planWith({ items: 2, capacity: 0 })))).toEqual([
      "0 read works on 1. lines is empty. transform waits for an item. rows is empty. write waits for an item. 0 written.",
      "20 read works on 2. lines is empty. transform works on 1. rows is empty. write waits for an item. 0 written.",
      "40 read has 2, and waits for room. lines is empty. transform works on 1. rows is empty. write waits for an item. 0 written.",
      "50 read has returned. lines is empty. transform works on 2. rows is empty. write works on 1. 0 written.",
      "80 read has returned. lines is empty. transform has 2, and waits for room. rows is empty. write works on 1. 0 written.",
      "150 read has returned. lines is empty. transform has returned. rows is empty. write works on 2. 1 written.",
      "250 read has returned. lines is empty. transform has returned. rows is empty. write has returned. 2 written.",
    ]);
  });

  it("sees a failure cancel the other stages, and the caller get it when they have stopped (T1, T2)", async () => {
    const recording = await run(planWith({ failsAt: 2 }));

    expect(story(recording).at(-1)).toBe(
      "80 read has stopped, cancelled. lines holds 3. transform has failed. rows is empty. write has stopped, cancelled. 0 written.",
    );
    expect(recording.outcome.at).toBe(80);
    expect([...leaves(recording.outcome.ok ? undefined : recording.outcome.error)].map(String)).toEqual([
      "Error: line 2 is damaged",
    ]);
  });

  it("records the same events when it runs again, and for any plan", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        expect((await run(plan)).events).toEqual((await run(plan)).events);
      }),
      { numRuns: 20 },
    );
  });

  it("does not record scopes of other programs", async () => {
    const [one, other] = await Promise.all([run(planWith({})), run(planWith({ items: 2 }))]);

    expect(one.events).toEqual((await run(planWith({}))).events);
    expect(other.events).toEqual((await run(planWith({ items: 2 }))).events);
  });

  it("runs the text that it is given", async () => {
    const text = pipelineProgram(planWith({ items: 1 })).replace("work(scope, row, 100)", "work(scope, row, 700)");

    expect((await recordPipeline(text)).outcome.at).toBe(750);
  });

  it("rejects if the program never settles", async () => {
    const text = "export default async function caller() {\n  return new Promise(() => {});\n}\n";

    await expect(recordPipeline(text)).rejects.toThrow("expected the program to settle");
  });
});
