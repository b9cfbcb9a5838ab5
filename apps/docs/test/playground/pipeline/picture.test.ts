import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  momentOf,
  type Picture,
  pictureOf,
  type StageLane,
} from "../../../.vitepress/theme/playground/engine/pipeline/picture.js";
import type { Plan } from "../../../.vitepress/theme/playground/engine/pipeline/plan.js";
import { recordPipeline } from "../../../.vitepress/theme/playground/engine/pipeline/record.js";
import { pipelineProgram } from "../../../.vitepress/theme/playground/engine/pipeline/source.js";
import { plans, planWith } from "./plans.js";

const draw = async (plan: Plan): Promise<Picture> => pictureOf(await recordPipeline(pipelineProgram(plan)));

/** The spans of a lane, and how it ends: `working 1 0–20, room 1 20–50, returned`. */
const words = ({ spans, how }: StageLane): string =>
  [...spans.map(({ kind, item, from, to }) => [kind, item, `${from}–${to}`].filter(Boolean).join(" ")), how].join(", ");

describe("pictureOf", () => {
  it("draws what each stage does, and which item it has", async () => {
    const { stages } = await draw(planWith({ items: 3, capacity: 1 }));

    expect(stages.map(words)).toEqual([
      "working 1 0–20, working 2 20–40, working 3 40–60, returned",
      "items 0–20, working 1 20–50, working 2 50–80, working 3 80–110, room 3 110–150, returned",
      "items 0–50, working 1 50–150, working 2 150–250, working 3 250–350, returned",
    ]);
  });

  it("draws each item in a buffer in a line that is free", async () => {
    const { buffers } = await draw(planWith({ items: 4 }));

    expect(buffers).toEqual([
      {
        channel: "lines",
        most: 1,
        stays: [
          { item: 2, from: 40, to: 50, line: 0 },
          { item: 3, from: 60, to: 80, line: 0 },
          { item: 4, from: 80, to: 110, line: 0 },
        ],
      },
      {
        channel: "rows",
        most: 2,
        stays: [
          { item: 2, from: 80, to: 150, line: 0 },
          { item: 3, from: 110, to: 250, line: 1 },
          { item: 4, from: 150, to: 350, line: 0 },
        ],
      },
    ]);
  });

  it("keeps an item that is never received in its buffer", async () => {
    const { buffers } = await draw(planWith({ failsAt: 2 }));

    expect(buffers[0]!.stays.at(-1)).toEqual({ item: 3, from: 60, to: Infinity, line: 0 });
  });

  it("never has more items in a buffer than the channel holds, and loses none, for any plan (Q1, Q2, Q4)", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { buffers, written, stages } = await draw(plan);

        for (const { most, stays } of buffers) {
          expect(most).toBeLessThanOrEqual(plan.capacity);
          const ends = stays.map(({ to }) => to);
          expect(ends).toEqual([...ends].sort((a, b) => a - b));
        }
        const order = written.map(({ item }) => item);
        expect(order).toEqual(order.map((_, i) => i + 1));
        if (plan.failsAt === undefined) expect(order).toHaveLength(plan.items);
        for (const { spans } of stages) {
          for (const [i, { from }] of spans.entries()) expect(from).toBeGreaterThanOrEqual(spans[i - 1]?.to ?? 0);
        }
      }),
    );
  });

  it("shows that the first stage waits only for room, and the last only for items", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { stages } = await draw(plan);

        expect(stages[0]!.spans.map(({ kind }) => kind)).not.toContain("items");
        expect(stages[2]!.spans.map(({ kind }) => kind)).not.toContain("room");
      }),
      { numRuns: 30 },
    );
  });
});

describe("momentOf", () => {
  it("has every item that was begun in one place only", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.double({ min: 0, max: 1, noNaN: true }), async (plan, part) => {
        const picture = await draw(plan);
        const { stages, buffers, written } = momentOf(picture, part * picture.stages[2]!.end);
        const places = [...stages.map(({ item }) => item).filter((item) => item !== undefined), ...buffers.flat()];

        expect(new Set(places).size).toBe(places.length);
        for (const item of places) expect(item).toBeGreaterThan(written);
      }),
    );
  });
});
