import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pipelinePresets } from "../../../.vitepress/theme/playground/engine/pipeline/presets.js";
import { pipelineProgram } from "../../../.vitepress/theme/playground/engine/pipeline/source.js";
import { typeCheck } from "../type-check.js";
import { plans, planWith } from "./plans.js";

describe("pipelineProgram", () => {
  it("writes programs that type-check", async () => {
    const all = [
      ...pipelinePresets.map(({ plan }) => plan),
      ...fc.sample(plans, { numRuns: 20, seed: 1 }),
      planWith({ failsAt: 1 }),
    ];

    expect(
      await typeCheck(
        all.map((plan) => ({ tasks: "export {};\n", main: pipelineProgram(plan) })),
        "pipeline",
      ),
    ).toBe("");
  });

  it("writes what the plan says", () => {
    expect(pipelineProgram(planWith({ capacity: 1, failsAt: 3 }))).toMatchInlineSnapshot(`
      "import { produce } from "@selvage/channel";
      import { TaskGroup } from "@selvage/task-group";
      import { clock, work } from "./playground.js";

      export default async function caller() {
        return TaskGroup.run(
          async (group) => {
            const lines = produce(group.scope, async function read(sender) {
              for (let item = 1; item <= 5; item++) {
                await work(sender.scope, item, 20);
                await sender.send(item); // waits while 1 line waits
              }
            }, { capacity: 1, name: "lines" });

            const rows = produce(group.scope, async function transform(sender) {
              for await (const line of lines.items(sender.scope)) {
                await work(sender.scope, line, 30);
                if (line === 3) throw new Error("line 3 is damaged");
                await sender.send(line); // waits while 1 row waits
              }
            }, { capacity: 1, name: "rows" });

            group.createTask(async function write(scope) {
              for await (const row of rows.items(scope)) {
                await work(scope, row, 100);
              }
            });
          },
          { clock },
        );
      }
      "
    `);
  });

  it.each([
    [0, "waits until it is received"],
    [1, "waits while 1 line waits"],
    [4, "waits while 4 lines wait"],
    [Infinity, "never waits"],
  ])("says what send does with capacity %d", (capacity, comment) => {
    expect(pipelineProgram(planWith({ capacity }))).toContain(`await sender.send(item); // ${comment}\n`);
  });
});
