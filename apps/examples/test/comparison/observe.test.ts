import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { observe } from "../../src/comparison/observe.js";

describe("observe", () => {
  it("reports when the call settled, and with which value", async () => {
    const clock = new VirtualClock();
    const { outcome } = await observe(clock, () => sleep(clock, 30).then(() => "done"));
    expect(outcome).toEqual({ at: 30, ok: true, value: "done" });
  });

  it("reports when the call failed, and with which error", async () => {
    const clock = new VirtualClock();
    const error = new Error("out of paper");
    const { outcome } = await observe(clock, async () => {
      await sleep(clock, 30);
      throw error;
    });
    expect(outcome).toEqual({ at: 30, ok: false, error });
  });

  it("continues until everything that began has ended", async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const { outcome } = await observe(clock, async () => {
      void sleep(clock, 100).then(() => seen.push(clock.now()));
    });
    expect(outcome.at).toBe(0);
    expect(seen).toEqual([100]);
  });

  it("captures unhandled rejections, and hides them from all other listeners", async () => {
    const clock = new VirtualClock();
    const reason = new Error("dropped");
    let promise: Promise<unknown> | undefined;
    const others: unknown[] = [];
    const other = (reason: unknown): void => void others.push(reason);
    process.on("unhandledRejection", other);
    const { unhandled } = await observe(clock, async () => {
      promise = sleep(clock, 10).then(() => Promise.reject(reason));
    });
    expect(unhandled).toEqual([{ reason, promise }]);
    expect(others).toEqual([]);
    expect(process.listeners("unhandledRejection")).toContain(other);
    process.off("unhandledRejection", other);
  });

  it("fails if the call never settles", async () => {
    const forever = observe(new VirtualClock(), () => new Promise(() => {}));
    await expect(forever).rejects.toThrow("expected the call to settle");
  });
});

function sleep(clock: VirtualClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(resolve, ms));
}
