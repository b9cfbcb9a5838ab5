import { describe, expect, it } from "vitest";
import { chartOf } from "../../.vitepress/theme/playground/engine/chart.js";
import { findingsOf } from "../../.vitepress/theme/playground/engine/findings.js";
import { presets } from "../../.vitepress/theme/playground/engine/presets.js";
import { record } from "../../.vitepress/theme/playground/engine/record.js";
import { programOf } from "../../.vitepress/theme/playground/engine/source.js";

/** The claims of the lessons: when each caller has control back, and which tasks still run then. */
const claims: Readonly<Record<string, readonly [first: readonly [number, string], second: readonly [number, string]]>> =
  {
    "one-fails": [
      [200, ""],
      [150, "user reviews"],
    ],
    "rest-go-on": [
      [450, ""],
      [200, ""],
    ],
    cleanup: [
      [270, ""],
      [150, "orders reviews"],
    ],
    "every-error": [
      [200, ""],
      [150, "user reviews"],
    ],
    ignores: [
      [350, ""],
      [200, "user orders reviews"],
    ],
    timeout: [
      [310, ""],
      [310, ""],
    ],
    "outer-cancel": [
      [280, ""],
      [280, ""],
    ],
    shutdown: [
      [360, ""],
      [600, ""],
    ],
    limit: [
      [400, ""],
      [100, "user orders reviews prices offers"],
    ],
  };

describe("presets", () => {
  it("are all listed here", () => {
    expect(presets.map(({ id }) => id)).toEqual(Object.keys(claims));
  });

  it.each(presets.map((preset) => [preset.id, preset] as const))(
    "%s shows what its lesson says",
    async (id, { setup }) => {
      const shown = [];
      for (const name of [setup.first, setup.second]) {
        const recording = await record(programOf(name, setup.workload));
        shown.push([recording.outcome.at, findingsOf(recording).left.join(" ")]);
      }

      expect(shown).toEqual(claims[id]);
    },
  );

  it("limit never calls the last two", async () => {
    const { setup } = presets.find(({ id }) => id === "limit")!;
    const recording = await record(programOf(setup.first, setup.workload));
    const { rows } = chartOf(recording, setup.workload);

    expect(rows.filter(({ kind }) => kind === "never started").map(({ task }) => task)).toEqual(["prices", "offers"]);
  });
});
