import { readFileSync } from "node:fs";
import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../src/index.js";

describe("the README's example for vitest", () => {
  // Begin of the example.
  it("a scope is cancelled at its deadline", async () => {
    await new VirtualClock().run(async (scope, clock) => {
      const day = new CancelScope({ parent: scope, deadline: 86_400_000 });
      await day.run(() => day.sleep(Infinity));
      expect(day.cancelledCaught).toBe(true);
      expect(clock.now()).toBe(86_400_000);
    });
  });
  // End of the example.

  it("the README's example is the one that ran just now", () => {
    const [, example = ""] =
      /Begin of the example\.\n(.*?) *\/\/ End/s.exec(readFileSync(new URL(import.meta.url), "utf8")) ?? [];
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    expect(example).toContain("is cancelled at its deadline");
    expect(readme).toContain(example.replace(/^ {2}/gm, ""));
  });
});
