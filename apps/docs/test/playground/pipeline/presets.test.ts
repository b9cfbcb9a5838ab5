import { describe, expect, it } from "vitest";
import { pictureOf, waitedFor } from "../../../.vitepress/theme/playground/engine/pipeline/picture.js";
import { pipelinePresets } from "../../../.vitepress/theme/playground/engine/pipeline/presets.js";
import { recordPipeline } from "../../../.vitepress/theme/playground/engine/pipeline/record.js";
import { pipelineProgram } from "../../../.vitepress/theme/playground/engine/pipeline/source.js";

/** The claims of the lessons: when the caller has control back, who waited for room, and how much the channels held. */
const claims: Readonly<Record<string, unknown>> = {
  "slow-end": { back: 1060, pushedBack: ["read", "transform"], most: [2, 2] },
  "hand-to-hand": { back: 860, pushedBack: ["read", "transform"], most: [0, 0] },
  "slow-start": { back: 860, pushedBack: [], most: [0, 0] },
  "no-limit": { back: 1060, pushedBack: [], most: [5, 6] },
  fails: { back: 320, pushedBack: ["read"], most: [1, 1] },
};

describe("pipelinePresets", () => {
  it("are all listed here", () => {
    expect(pipelinePresets.map(({ id }) => id)).toEqual(Object.keys(claims));
  });

  it.each(pipelinePresets.map((preset) => [preset.id, preset] as const))(
    "%s shows what its lesson says",
    async (id, { plan }) => {
      const recording = await recordPipeline(pipelineProgram(plan));
      const { stages, buffers } = pictureOf(recording);

      expect({
        back: recording.outcome.at,
        pushedBack: stages.filter((lane) => waitedFor(lane, "room") > 0).map(({ stage }) => stage),
        most: buffers.map(({ most }) => most),
      }).toEqual(claims[id]);
    },
  );

  it("fails cancels a stage that waits for room, and one that works", async () => {
    const { plan } = pipelinePresets.find(({ id }) => id === "fails")!;
    const { stages } = pictureOf(await recordPipeline(pipelineProgram(plan)));

    expect(stages.map(({ spans, how }) => [spans.at(-1)?.kind, how])).toEqual([
      ["room", "stopped"],
      ["working", "failed"],
      ["working", "stopped"],
    ]);
  });
});
