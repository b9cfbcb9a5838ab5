import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { kinds } from "../src/kind.js";
import { soak } from "../src/soak.js";

const ROUNDS = 40;

describe("soak", () => {
  it("answers every request, and accounts for each task and each failure (V1, V2, V4, V9)", async () => {
    const requests = ROUNDS * kinds.length;
    const load = { concurrency: 10, rate: Infinity };
    const report = await CancelScope.run((scope) => soak(load, (sent) => sent < requests, scope));
    // Beside the requests there is the worker, which is cancelled at the end.
    expect(report).toMatchObject({
      requests,
      stats: { running: 0, queued: 0, completed: 3 * ROUNDS, failed: 3 * ROUNDS, cancelled: ROUNDS + 1 },
      shutdown: { failed: 0, abandoned: [] },
    });
    const restarts = report!.failures - report!.stats.failed;
    expect(restarts).toBeGreaterThan(0);
    expect(restarts).toBeLessThanOrEqual(ROUNDS);
  });

  it("ends all of it when it is cancelled meanwhile", async () => {
    const scope = new CancelScope();
    const running = soak(
      { concurrency: 5, rate: Infinity },
      (sent) => (sent === 50 && scope.cancel("enough"), true),
      scope,
    );
    await expect(running).rejects.toSatisfy((error) => error === scope.reason);
    scope.close(); // throws if anything were left below it
  });
});
