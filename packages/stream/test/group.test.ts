import { describe, expect, it } from "vitest";
import { describeTree } from "@selvage/scope/debug";
import { settled } from "@selvage/testing";
import { CancelScope, mapStream } from "../src/index.js";

describe("the group of mapStream", () => {
  it("has all calls, and lives from the first next() until the loop is left (I2)", async () => {
    using parent = new CancelScope({ name: "page" });
    const results = mapStream(
      [1, 2, 3],
      async function load(_, scope) {
        await scope.sleep(Infinity);
      },
      { limit: 2, parent },
    );
    expect(describeTree(parent)).not.toContain("mapStream");
    const pending = results.next();
    await settled();
    expect(describeTree(parent).match(/load/g)).toHaveLength(2);
    await results.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(describeTree(parent)).not.toMatch(/mapStream|load/);
  });

  it("needs a limit (I2)", () => {
    expect(() => mapStream([], () => 1, {} as never)).toThrow(TypeError);
  });
});
