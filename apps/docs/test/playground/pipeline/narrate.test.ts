import { describe, expect, it } from "vitest";
import { pipelineSummary } from "../../../.vitepress/theme/playground/engine/pipeline/narrate.js";
import type { Plan } from "../../../.vitepress/theme/playground/engine/pipeline/plan.js";
import { recordPipeline } from "../../../.vitepress/theme/playground/engine/pipeline/record.js";
import { pipelineProgram } from "../../../.vitepress/theme/playground/engine/pipeline/source.js";
import { planWith } from "./plans.js";

const summary = async (plan: Plan): Promise<string> =>
  pipelineSummary(plan, await recordPipeline(pipelineProgram(plan)));

describe("pipelineSummary", () => {
  it("says how long the stages waited, and how much the channels held", async () => {
    expect(await summary(planWith({ capacity: 1 }))).toBe(
      "The caller has control back after 550 ms. 5 of 5 items are written. read waited 50 ms for room. transform waited 180 ms for room. transform waited 20 ms for items. write waited 50 ms for items. lines held at most 1. rows held at most 1.",
    );
  });

  it("says with which error the caller has control back", async () => {
    expect(await summary(planWith({ failsAt: 2 }))).toBe(
      "The caller has control back after 80 ms, throws ExceptionGroup: 1 task failed in a TaskGroup: transform: line 2 is damaged. 0 of 5 items are written. transform waited 20 ms for items. write waited 50 ms for items. lines held at most 1. rows held nothing.",
    );
  });
});
