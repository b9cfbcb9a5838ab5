import { VirtualClock } from "@selvage/testing";
import { timeout } from "@selvage/timeout";
import { describe, expect, it } from "vitest";

describe("Timeout", () => {
  it("a Timeout can be destructured in the body's parameters (O6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const body = timeout(
      100,
      async ({ scope, signal, when, reschedule }) => {
        expect(when()).toBe(100);
        reschedule(300);
        expect(when()).toBe(300);
        await scope.sleep(200);
        return signal.aborted;
      },
      { clock },
    );
    await expect(body).resolves.toBe(false);
  });
});
