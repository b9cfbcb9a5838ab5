import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostItems, slowest, step } from "../../../.vitepress/theme/playground/engine/pipeline/plan.js";
import { pipelinePresets } from "../../../.vitepress/theme/playground/engine/pipeline/presets.js";
import { pipelineQueryOf, planOf } from "../../../.vitepress/theme/playground/engine/pipeline/share.js";
import { plans, planWith } from "./plans.js";

describe("pipelineQueryOf", () => {
  it("writes what planOf reads", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(planOf(pipelineQueryOf(plan))).toEqual(plan);
      }),
    );
  });

  it("writes readable text", () => {
    expect(pipelineQueryOf(planWith({ failsAt: 3 }))).toBe("items=5&capacity=2&read=20&transform=30&write=100&fails=3");
  });
});

describe("planOf", () => {
  it("reads a preset by its name", () => {
    for (const { id, plan } of pipelinePresets) expect(planOf(`?preset=${id}`)).toEqual(plan);
  });

  it("uses the first preset for an empty query", () => {
    expect(planOf("")).toEqual(pipelinePresets[0].plan);
  });

  it("uses the nearest valid value", () => {
    expect(planOf("items=99&capacity=2&read=3&transform=54&write=1e9&fails=50")).toEqual({
      items: mostItems,
      capacity: 2,
      takes: { read: step, transform: 50, write: slowest },
      failsAt: mostItems,
    });
  });

  it("accepts any text", () => {
    const value = fc.oneof(fc.string(), fc.constantFrom("NaN", "-1", "1e9", "0", "0.5", "", "%", "Infinity", "\0"));
    const names = ["preset", "items", "capacity", "read", "transform", "write", "fails"];
    const query = fc
      .record(Object.fromEntries(names.map((name) => [name, fc.option(value, { nil: undefined })])))
      .map((record) =>
        Object.entries(record)
          .map(([name, text]) => `${name}=${text}`)
          .join("&"),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string(), query), (text) => {
        const plan = planOf(text);
        expect(planOf(pipelineQueryOf(plan))).toEqual(plan);
      }),
    );
  });
});
