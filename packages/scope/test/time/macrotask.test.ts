import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope } from "@selvage/scope";
import { turn } from "../uncaught.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("CancelScope.checkpoint on platforms without setImmediate", () => {
  it.each([
    ["a message, without setImmediate", ["setImmediate"]],
    ["a timer, without setImmediate and MessageChannel", ["setImmediate", "MessageChannel"]],
  ])("checkpoint lets the event loop turn with %s (S13)", async (_, missing) => {
    for (const name of missing) vi.stubGlobal(name, undefined);
    let turned = false;
    const nextTurn = turn().then(() => (turned = true));
    const scope = new CancelScope();
    for (let i = 0; i < 3; i++) await scope.checkpoint();
    await nextTurn;
    expect(turned).toBe(true);
    scope.cancel();
    await expect(scope.checkpoint()).rejects.toBe(scope.reason);
  });
});
