/** What `describeTree` and observers see of a timeout (C3, N2). */
import { CancelScope } from "@selvage/scope";
import { describeTree, snapshot } from "@selvage/scope/debug";
import { factsOf, observe, type ScopeEnd } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { moveOnAfter, shield, timeout, timeoutAt, TimeoutError } from "../src/index.js";

describe("the scope of a timeout", () => {
  it("a timeout is shown as one, with its name, by describeTree and in snapshots (C3)", async () => {
    const parent = new CancelScope({ name: "page" });
    await timeout(
      1_000,
      () => {
        expect(describeTree(parent)).toBe('scope "page": live\n  timeout "load": live');
        expect(snapshot(parent).containers[1]).toMatchObject({ kind: "timeout", name: "load" });
      },
      { name: "load", parent },
    );
    await shield(1_000, () => expect(describeTree(parent)).toMatch("\n  timeout: shielded, live"), { parent });
  });

  it("an observer sees the kind and the name of each timeout, and how it ended (N2, N4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const kinds: unknown[] = [];
    const ends: ScopeEnd[] = [];
    using _ = observe({
      opened: (scope) => kinds.push([factsOf(scope).kind, scope.name]),
      closed: (_scope, end) => ends.push(end),
    });
    const error = new Error("no");
    const sleep = ({ scope }: { scope: CancelScope }): Promise<void> => scope.sleep(60_000);
    await expect(timeout(10, sleep, { clock, name: "load" })).rejects.toThrow(TimeoutError);
    await moveOnAfter(10, sleep, { clock });
    await expect(timeoutAt(Infinity, () => Promise.reject(error), { clock })).rejects.toBe(error);
    expect(kinds).toEqual([
      ["timeout", "load"],
      ["timeout", undefined],
      ["timeout", undefined],
    ]);
    expect(ends).toEqual([
      { status: "rejected", error: expect.any(TimeoutError) as Error },
      { status: "cancelled" },
      { status: "rejected", error },
    ]);
  });

  it("an observer sees the end of a timeout whose clock throws, with the error (N2, C1)", () => {
    const error = new Error("broken");
    const clock = {
      now: (): never => {
        throw error;
      },
      setTimer() {},
      clearTimer() {},
    };
    const ends: ScopeEnd[] = [];
    using _ = observe({ closed: (_scope, end) => ends.push(end) });
    expect(() => timeout(10, () => {}, { clock })).toThrow(error);
    expect(ends).toEqual([{ status: "rejected", error }]);
  });

  it("the name of a timeout must be a string", () => {
    expect(() => timeout(10, () => {}, { name: 1 as never })).toThrow(TypeError);
  });
});
