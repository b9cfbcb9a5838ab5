import { describe, expect, it } from "vitest";
import { CancelScope } from "../../src/index.js";
import { siblingScope } from "../../src/internal.js";

describe("siblingScope", () => {
  it("makes a scope that only an outer owner's cancellation reaches (S1)", () => {
    const outer = new CancelScope();
    const scope = new CancelScope({ parent: outer });
    const sibling = siblingScope(scope);
    scope.cancel("own");
    expect(sibling.cancelled).toBe(false);
    outer.cancel("outer");
    expect(sibling.reason).toBe(outer.reason);
  });

  it("reaches the signal that the scope has as parent, and leaves no listener (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    const sibling = siblingScope(scope);
    scope.close();
    controller.abort("outer");
    expect(sibling.reason?.cause).toBe("outer");
    sibling.close();
  });

  it("is a root where the scope is one, and has its clock (C1)", () => {
    const scope = new CancelScope({ parent: null, clock: { now: () => 7, setTimer: () => 0, clearTimer: () => {} } });
    using sibling = siblingScope(scope);
    scope.cancel();
    expect([sibling.cancelled, sibling.clock.now()]).toEqual([false, 7]);
  });
});
