import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { settled, VirtualClock } from "../src/index.js";

describe("a scope on a VirtualClock", () => {
  it("a scope sleeps for virtual time, to the fraction (C2)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock });
    const woke: number[] = [];
    for (const delay of [20, 5.5, 20, 0]) void scope.sleep(delay).then(() => woke.push(clock.now()));
    await clock.advance(100);
    expect(woke).toEqual([0, 5.5, 20, 20]);
    scope.close();
    expect(clock.pending).toBe(0);
  });

  it("a scope is cancelled at exactly its deadline, and no sooner (C2)", async () => {
    const clock = new VirtualClock({ start: 1000 });
    const scope = new CancelScope({ clock, deadline: 1050 });
    await clock.advanceTo(1049.9);
    expect(scope.cancelled).toBe(false);
    const cancelledAt: number[] = [];
    scope.onCancel(() => cancelledAt.push(clock.now()));
    await clock.advanceTo(2000);
    expect(cancelledAt).toEqual([1050]);
    scope.close();
    expect(clock.pending).toBe(0);
  });

  it("a scope passes its clock on to the scopes below (C2)", async () => {
    const clock = new VirtualClock();
    const outer = new CancelScope({ clock });
    const inner = new CancelScope({ parent: outer, deadline: 10 });
    await clock.advance(10);
    expect([inner.cancelled, outer.cancelled]).toEqual([true, false]);
    inner.close();
    outer.close();
  });

  it("a scope needs no explicit move of time with autojump (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const heartbeats: number[] = [];
    const run = CancelScope.run(
      async (scope) => {
        for (;;) {
          await scope.sleep(3_600_000);
          heartbeats.push(clock.now() / 3_600_000);
        }
      },
      { clock, deadline: 4.5 * 3_600_000 },
    );
    await expect(run).resolves.toBeUndefined();
    expect(heartbeats).toEqual([1, 2, 3, 4]);
    expect(clock.now()).toBe(4.5 * 3_600_000);
  });

  it("a scope leaves no timer behind: a deadline that is not reached costs no jump (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await CancelScope.run((scope) => scope.sleep(5), { clock, deadline: 1000 });
    await settled();
    expect([clock.now(), clock.pending, clock.next]).toEqual([5, 0, Infinity]);
  });

  it("a scope whose deadline was moved on the way is cancelled at the new time (C2)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const cancelledAt: number[] = [];
    scope.onCancel(() => cancelledAt.push(clock.now()));
    await clock.advance(5);
    scope.deadline = 30;
    await clock.advance(5);
    expect(scope.cancelled).toBe(false);
    await clock.runAll();
    expect(cancelledAt).toEqual([30]);
    scope.close();
  });

  it("a scope may checkpoint on its way, which settles before time moves (C2)", async () => {
    const clock = new VirtualClock();
    const log: number[] = [];
    const run = CancelScope.run(
      async (scope) => {
        for (let round = 0; round < 3; round++) {
          await scope.checkpoint();
          await scope.checkpoint();
          await scope.sleep(10);
          log.push(clock.now());
        }
      },
      { clock },
    );
    await clock.advance(25);
    expect(log).toEqual([10, 20]);
    await clock.runAll();
    await run;
    expect(log).toEqual([10, 20, 30]);
  });
});
