import "@selvage/scope/ambient";
import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../src/index.js";

describe("VirtualClock.run with ambient scopes", () => {
  it("a run has its own root scope, whatever encloses the run (C4)", async () => {
    await CancelScope.run(async (outer) => {
      const run = new VirtualClock().run(async (scope) => {
        outer.cancel();
        await scope.sleep(5);
        return scope.clock.now();
      });
      expect(await run).toBe(5);
    });
  });

  it("a run encloses its body: scopes created there live below the root, and are shown (C4)", async () => {
    const run = new VirtualClock().run(async () => {
      const scope = new CancelScope({ name: "forgetful" });
      await scope.run(() => scope.sleep(Infinity));
    });
    await expect(run).rejects.toThrow('\n    scope "forgetful": live\n');
  });
});
