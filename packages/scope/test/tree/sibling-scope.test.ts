import { describe, expect, it } from "vitest";
import { CancelScope } from "../../src/index.js";
import { siblingScope } from "../../src/internal.js";

describe("siblingScope", () => {
  it("siblingScope makes a scope that only an outer owner's cancellation reaches (S1)", () => {
    const outer = new CancelScope();
    const scope = new CancelScope({ parent: outer });
    const sibling = siblingScope(scope);
    scope.cancel("own");
    expect(sibling.cancelled).toBe(false);
    outer.cancel("outer");
    expect(sibling.reason).toBe(outer.reason);
  });

  it("siblingScope makes a scope that the scope's parent signal reaches even after the scope is closed (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    const sibling = siblingScope(scope);
    scope.close();
    controller.abort("outer");
    expect(sibling.reason?.cause).toBe("outer");
    sibling.close();
  });

  it("siblingScope makes a root with the same clock if the scope is a root (C1)", () => {
    const scope = new CancelScope({ parent: null, clock: { now: () => 7, setTimer: () => 0, clearTimer: () => {} } });
    using sibling = siblingScope(scope);
    scope.cancel();
    expect([sibling.cancelled, sibling.clock.now()]).toEqual([false, 7]);
  });
});
