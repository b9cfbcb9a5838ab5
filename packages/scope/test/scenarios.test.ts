/** Programs as people write them, after the test suites of Trio, AnyIO and aiotools. Each one covers several rules. */
import { sequence, VirtualClock } from "@selvage/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, isCancellation } from "@selvage/scope";

let clock: VirtualClock;
let log: string[];

beforeEach(() => {
  clock = new VirtualClock({ autojump: true });
  log = [];
});

/** Sleeps in `parent`, and logs how the sleep ended. */
async function worker(name: string, parent: CancelScope, ms: number): Promise<void> {
  try {
    await parent.sleep(ms);
    log.push(`${name} done at ${clock.now()}`);
  } catch (error) {
    log.push(`${name} cancelled at ${clock.now()}`);
    throw error;
  }
}

describe("a cancelled scope", () => {
  it("a cancelled scope rejects at every kind of checkpoint, again and again: a level, not an edge (S1, S12, S13)", async () => {
    const scope = new CancelScope({ clock });
    scope.cancel();
    const checkpoints: (() => unknown)[] = [
      () => scope.sleep(0),
      () => scope.race(Promise.resolve()),
      () => scope.checkpoint(),
      () => scope.throwIfCancelled(),
      () => scope.signal.throwIfAborted(),
    ];
    for (let round = 0; round < 3; round++) {
      for (const checkpoint of checkpoints) {
        await expect((async () => checkpoint())()).rejects.toBe(scope.reason);
      }
    }
  });

  it("code that swallows a cancellation gets it again at the next checkpoint, without spinning (S12)", async () => {
    let caught = 0;
    const value = await CancelScope.run(
      async (scope) => {
        scope.cancel();
        for (let i = 0; i < 3; i++) await scope.sleep(1_000).catch(() => caught++);
        return "stubborn";
      },
      { clock },
    );
    expect([value, caught, clock.now()]).toEqual(["stubborn", 3, 0]);
  });

  it("a cancellation reaches grandchildren that run in other calls, and does not affect a sibling tree (S1)", async () => {
    const root = new CancelScope({ clock });
    const [left, right] = [new CancelScope({ parent: root }), new CancelScope({ parent: root })];
    const working = [
      CancelScope.run((scope) => worker("left grandchild", scope, 10), { parent: left }),
      CancelScope.run((scope) => worker("right grandchild", scope, 10), { parent: right }),
    ];
    left.cancel();
    const [leftOutcome, rightOutcome] = await Promise.allSettled(working);
    expect(log).toEqual(["left grandchild cancelled at 0", "right grandchild done at 10"]);
    expect(leftOutcome).toEqual({ status: "rejected", reason: left.reason });
    expect(rightOutcome?.status).toBe("fulfilled");
  });

  it("the outer code continues after an inner scope's deadline: move on after (S14)", async () => {
    await CancelScope.run(
      async (outer) => {
        await CancelScope.run((scope) => worker("inner", scope, 60_000), { parent: outer, deadline: 100 });
        await worker("outer", outer, 5);
      },
      { clock },
    );
    expect(log).toEqual(["inner cancelled at 100", "outer done at 105"]);
  });

  it("a cancelled scope keeps the first reason, whether of a deadline or given to cancel (S2, S9)", async () => {
    const explicit = new CancelScope({ clock, deadline: 10 });
    explicit.cancel("explicit");
    const timed = new CancelScope({ clock, deadline: 10 });
    await clock.advanceTo(20);
    timed.cancel("explicit");
    expect([explicit.reason?.cause, explicit.reason?.deadline]).toEqual(["explicit", undefined]);
    expect([timed.reason?.cause, timed.reason?.deadline]).toEqual([undefined, 10]);
    expect([explicit.cancelCalled, timed.cancelCalled]).toEqual([true, true]);
  });

  it("a scope may be cancelled from a call other than the one that runs in it (S2)", async () => {
    const step = sequence(3);
    const scope = new CancelScope({ clock });
    const running = scope.run(async (own) => {
      await step(0);
      await worker("body", own, 1_000);
    });
    await step(1);
    scope.cancel();
    await step(2);
    await running;
    expect([log, scope.cancelledCaught]).toEqual([["body cancelled at 0"], true]);
  });

  it("a scope does not absorb a failure of the body: a group of cancellations and one failure passes (S14)", async () => {
    const failure = new RangeError("failure");
    const running = CancelScope.run((scope) => {
      scope.cancel();
      throw new AggregateError([scope.reason, scope.reason, scope.reason, failure]);
    });
    const error: unknown = await running.catch((error: unknown) => error);
    expect((error as AggregateError).errors).toContain(failure);
    expect(isCancellation(error)).toBe(false);
  });

  it("only the cancelled scope of a thousand nested runs absorbs the cancellation (S14)", async () => {
    const depth = 1_000;
    const scopes: CancelScope[] = [];
    const nest = (parent: CancelScope, level: number): Promise<unknown> =>
      CancelScope.run(
        (scope) => {
          scopes.push(scope);
          return level < depth ? nest(scope, level + 1) : scope.sleep(Infinity);
        },
        { parent },
      );
    const root = new CancelScope({ clock });
    const running = root.run((scope) => nest(scope, 1).then(() => "went on"));
    scopes[depth / 2]!.cancel();
    expect(await running).toBe("went on");
    expect(scopes.filter((scope) => scope.cancelledCaught)).toEqual([scopes[depth / 2]]);
    expect(scopes.filter((scope) => scope.cancelled)).toHaveLength(depth / 2);
  });

  it("closing scopes in the wrong order is an error, and cancels nothing (S16)", async () => {
    const outer = new CancelScope({ clock, name: "outer" });
    const inner = new CancelScope({ parent: outer, name: "inner" });
    expect(() => outer.close()).toThrow(InvalidStateError);
    const sleeping = inner.sleep(10);
    await sleeping;
    inner.close();
    outer.close();
    expect([outer.cancelled, inner.cancelled]).toEqual([false, false]);
  });
});

describe("a timeout from outside", () => {
  it.each([
    [false, ["inner cancelled at 50"], 50],
    [true, ["inner done at 100"], 100],
  ])("an outer timeout cancels inner work unless it is shielded: %s (S9, S11)", async (shield, expected, end) => {
    const outer = new CancelScope({ clock, deadline: 50 });
    await outer.run(async (scope) => {
      await CancelScope.run((inner) => worker("inner", inner, 100), { parent: scope, shield });
      await scope.checkpoint(); // The hidden cancellation is noticed here.
      log.push("never");
    });
    expect([log, clock.now(), outer.cancelledCaught]).toEqual([expected, end, true]);
  });

  it.each([[false], [true]])(
    "an inner deadline cancels the work although the outer timeout is later, shielded: %s (S11)",
    async (shield) => {
      const outer = new CancelScope({ clock, deadline: 500 });
      const value = await outer.run(async (scope) => {
        const inner = new CancelScope({ parent: scope, shield, deadline: 20 });
        await inner.run((own) => worker("inner", own, 100));
        return [inner.cancelledCaught, clock.now()];
      });
      expect([value, log]).toEqual([[true, 20], ["inner cancelled at 20"]]);
    },
  );

  it("an outer deadline and the deadline of a shielded inner scope both pass (S9, S11)", async () => {
    const outer = new CancelScope({ clock, deadline: 10 });
    const inner = new CancelScope({ parent: outer, shield: true, deadline: 20 });
    await outer.run(async (scope) => {
      await inner.run((own) => worker("inner", own, 100));
      await scope.checkpoint();
    });
    expect([inner.cancelledCaught, outer.cancelledCaught, clock.now()]).toEqual([true, true, 20]);
  });

  it("a deadline that has passed at the start cancels at the first checkpoint, not before (S9)", async () => {
    const value = await CancelScope.run(
      async (scope) => {
        log.push("begins");
        await scope.checkpoint();
        log.push("never");
      },
      { clock, deadline: 0 },
    );
    expect([value, log]).toEqual([undefined, ["begins"]]);
  });

  it("a deadline that each round of work moves passes when the work stops moving it (S10)", async () => {
    const scope = new CancelScope({ clock, deadline: 10 });
    await scope.run(async (own) => {
      for (const pause of [8, 8, 8, 30]) {
        await own.sleep(pause);
        log.push(`alive at ${clock.now()}`);
        own.deadline = clock.now() + 10;
      }
    });
    expect([log, clock.now(), scope.cancelledCaught]).toEqual([["alive at 8", "alive at 16", "alive at 24"], 34, true]);
  });
});

describe("a shield", () => {
  it("a shield at any of five levels protects exactly the scopes at and below it (S11)", async () => {
    for (const shields of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
      [false, false, true, false, false],
    ]) {
      const root = new CancelScope({ clock });
      let parent = root;
      const scopes = shields.map((shield) => (parent = new CancelScope({ parent, shield })));
      root.cancel();
      const firstShield = shields.indexOf(true);
      expect(scopes.map(({ cancelled }) => cancelled)).toEqual(
        shields.map((_, level) => firstShield < 0 || level < firstShield),
      );
    }
  });

  it("a shield protects cleanup that begins before or after the cancellation (S11)", async () => {
    for (const cancelAt of [10, 30]) {
      log = [];
      clock = new VirtualClock({ autojump: true });
      const outer = new CancelScope({ clock });
      void new CancelScope({ clock }).sleep(cancelAt).then(() => outer.cancel());
      await outer.run(async (scope) => {
        try {
          await worker("work", scope, 20);
        } finally {
          await CancelScope.run((cleanup) => worker("cleanup", cleanup, 20), { parent: scope, shield: true });
          await scope.checkpoint();
        }
      });
      expect(log).toEqual(
        cancelAt === 10 ? ["work cancelled at 10", "cleanup done at 30"] : ["work done at 20", "cleanup done at 40"],
      );
      expect(outer.cancelledCaught).toBe(true);
    }
  });

  it("a shield does not protect its own scope from being cancelled, from inside or outside (S11)", async () => {
    const outer = new CancelScope({ clock });
    const shielded = new CancelScope({ parent: outer, shield: true });
    const value = await outer.run(async (scope) => {
      scope.cancel("outer");
      await shielded.run(async (own) => {
        await own.checkpoint();
        log.push("still protected");
        own.cancel("inner");
        await own.checkpoint();
        log.push("never");
      });
      return "after";
    });
    expect([value, log, shielded.cancelledCaught]).toEqual(["after", ["still protected"], true]);
  });

  it("the code that cancels a child and waits for it can be cancelled itself, while the child's shielded cleanup ends (S11)", async () => {
    const child = new CancelScope({ clock });
    const working = child.run(async (own) => {
      try {
        await own.sleep(Infinity);
      } finally {
        await CancelScope.run((cleanup) => worker("cleanup", cleanup, 100), { parent: own, shield: true });
      }
    });
    const canceller = new CancelScope({ clock, deadline: 10 });
    await canceller.run(async (own) => {
      child.cancel();
      await own.race(working);
      log.push("never");
    });
    log.push(`canceller cancelled at ${clock.now()}`);
    await working;
    expect(log).toEqual(["canceller cancelled at 10", "cleanup done at 100"]);
  });

  it("code that cancels an outer scope continues to the end of the shield around it, and no further (S11, S14)", async () => {
    const outer = new CancelScope({ clock });
    await outer.run(async (scope) => {
      await CancelScope.run(
        async (shielded) => {
          await CancelScope.run(
            async (inner) => {
              outer.cancel();
              await inner.checkpoint();
              log.push("inner goes on");
            },
            { parent: shielded },
          );
          log.push("shielded goes on");
        },
        { parent: scope, shield: true },
      );
      await scope.checkpoint();
      log.push("never");
    });
    expect(log).toEqual(["inner goes on", "shielded goes on"]);
  });
});
