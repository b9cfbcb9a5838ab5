import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { soak, type SoakReport } from "../src/soak.js";

const options = { concurrency: 10, rate: Infinity, seed: 1 };

const played = ({ rounds }: SoakReport): number => Object.values(rounds).reduce((sum, count) => sum + count, 0);

describe("soak", () => {
  it("accounts for every request, and for each failure, in every round (V1, V2, V4, V9, V11)", async () => {
    const report = await CancelScope.run((scope) => soak(options, (soFar) => played(soFar) < 60, scope));
    const { requests, answered, failed, cancelled, abandoned, refused, unaccepted, failures, restarts, rounds } =
      report!;
    expect(answered + failed + cancelled + abandoned + refused + unaccepted).toBe(requests);
    for (const number of [answered, failed, cancelled, abandoned, restarts]) expect(number).toBeGreaterThan(0);
    expect(failures).toBeGreaterThanOrEqual(failed + restarts);
    for (const phase of ["starting", "serving", "restarting", "draining"] as const) {
      expect(rounds[phase]).toBeGreaterThan(0);
    }
  });

  it("ends with an error that says how to repeat the round if anything is lost", async () => {
    const listener = (): void => {};
    const running = CancelScope.run((scope) =>
      soak(options, () => (setImmediate(() => process.on("SIGUSR2", listener)), true), scope),
    );
    await expect(running).rejects.toThrow(/^lost in the round of --seed 1 .*: left: 1 listeners of SIGUSR2$/);
    process.off("SIGUSR2", listener);
  });

  it("ends everything when it is cancelled meanwhile", async () => {
    const scope = new CancelScope();
    const running = soak(options, () => (setImmediate(() => scope.cancel("enough")), true), scope);
    await expect(running).rejects.toSatisfy((error) => error === scope.reason);
    scope.close(); // throws if anything is left below it
  });
});
