import { describe, expect, it } from "vitest";
import { ownByHand, type StartByHand } from "../../src/comparison/by-hand.js";

describe("ownByHand", () => {
  it("waits for every task, also for those that are added later", async () => {
    const log: string[] = [];
    await ownByHand((start) => {
      start(async () => {
        await Promise.resolve();
        start(async () => {
          await Promise.resolve();
          log.push("second");
        });
        log.push("first");
      });
    });
    expect(log).toEqual(["first", "second"]);
  });

  it("aborts the rest when one fails, waits for them, and keeps every error", async () => {
    const [first, second] = [new Error("first"), new Error("second")];
    const run = ownByHand((start) => {
      start(() => Promise.reject(first));
      start((signal) => aborted(signal));
      start((signal) => aborted(signal).catch(() => Promise.reject(second)));
    });
    await expect(run).rejects.toMatchObject({ errors: [first, second] });
  });

  it("aborts the tasks when its body throws", async () => {
    const error = new Error("changed my mind");
    const signals: AbortSignal[] = [];
    const run = ownByHand((start) => {
      start((signal) => {
        signals.push(signal);
        return aborted(signal);
      });
      throw error;
    });
    await expect(run).rejects.toMatchObject({ errors: [error] });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("resolves when its controller aborts", async () => {
    await ownByHand((start, controller) => {
      start((signal) => aborted(signal));
      controller.abort();
    });
  });

  it("rejects with the reason of the caller's signal, also of one that has aborted before", async () => {
    const reason = new Error("the caller was cancelled");
    const body = (start: StartByHand): void => start((signal) => aborted(signal));
    await expect(ownByHand(body, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const run = ownByHand(body, controller.signal);
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
  });
});

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}
