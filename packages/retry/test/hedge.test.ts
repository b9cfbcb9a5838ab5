import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { describeTree } from "@selvage/scope/debug";
import { observe, parentOf } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CancelScope, ExceptionGroup, hedge, HedgeBudget, type HedgeOptions } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { autojump, errorOf, HostileClock } from "./helpers.js";

/** Functions that note when they begin, take a time, and then return their index or fail. */
function functions(clock: { now(): number }, times: readonly number[], failing: readonly number[] = []) {
  const begun: number[] = [];
  const fns = times.map((time, index) => async (scope: CancelScope) => {
    begun[index] = clock.now();
    if (time > 0) await scope.sleep(time);
    if (failing.includes(index)) throw new Error(`no ${index}`);
    return index;
  });
  return { fns, begun };
}

const raise = (): never => {
  throw new Error("no");
};

describe("what hedge starts", () => {
  it("the first function is called synchronously, and its value is returned (B9)", async () => {
    let called = false;
    const result = hedge([async () => ((called = true), "a"), async () => "b"], { after: 50 });
    expectTypeOf(result).toEqualTypeOf<Promise<string>>();
    expect(called).toBe(true);
    expect(await result).toBe("a");
  });

  it("the next function starts after `after` ms without a result (B9)", async () => {
    const clock = autojump();
    const { fns, begun } = functions(clock, [200, 100, 0]);
    expect([await hedge(fns, { clock, after: 50, max: 2 }), begun, clock.now()]).toEqual([1, [0, 50], 150]);
  });

  it("no function starts if there is a result in time (B9)", async () => {
    const clock = autojump();
    const { fns, begun } = functions(clock, [49, 0]);
    expect([await hedge(fns, { clock, after: 50 }), begun, clock.pending]).toEqual([0, [0], 0]);
  });

  it("the next function starts at once when one fails (B9)", async () => {
    const clock = autojump();
    const { fns, begun } = functions(clock, [10, 5, 100], [0, 1]);
    expect([await hedge(fns, { clock, after: 50 }), begun]).toEqual([2, [0, 10, 15]]);
  });

  it("a failure starts the time of the next one anew (B9)", async () => {
    const clock = autojump();
    const { fns, begun } = functions(clock, [10, 100, 5], [0]);
    expect([await hedge(fns, { clock, after: 50 }), begun]).toEqual([2, [0, 10, 60]]);
  });

  it("at most max functions run at one time, and a failure makes room (B9)", async () => {
    for (const [max, expected] of [
      [1, [0, 300, 600, 900]],
      [2, [0, 50, 300, 350]],
      [3, [0, 50, 100, 300]],
      [Infinity, [0, 50, 100, 150]],
    ] as const) {
      const clock = autojump();
      const { fns, begun } = functions(clock, [300, 300, 300, 300], [0, 1, 2, 3]);
      expect(await errorOf(hedge(fns, { clock, after: 50, max }))).toBeInstanceOf(ExceptionGroup);
      expect([max, begun]).toEqual([max, expected]);
    }
  });

  it("with after: Infinity the next one starts only when one fails (B9)", async () => {
    const clock = autojump();
    const { fns, begun } = functions(clock, [5_000, 1], [0]);
    expect([await hedge(fns, { clock, after: Infinity }), begun]).toEqual([1, [0, 5_000]]);
  });

  it("with after: 0 the next one starts unless there is a result in this turn (B9)", async () => {
    const clock = autojump();
    const quick = functions(clock, [0, 0]);
    expect([await hedge(quick.fns, { clock, after: 0 }), quick.begun.length]).toEqual([0, 1]);
    const slow = functions(clock, [100, 10]);
    expect([await hedge(slow.fns, { clock, after: 0 }), slow.begun.length]).toEqual([1, 2]);
  });

  it("while there is no room, no timer is set, so it costs nothing to wait (B9)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock });
    const result = errorOf(hedge([(scope) => scope.sleep(Infinity), () => 1], { parent, after: 5, max: 1 }));
    expect(clock.pending).toBe(0);
    parent.cancel();
    await result;
  });

  it("functions that throw synchronously or return hostile thenables are failures or values like others (B9)", async () => {
    const clock = autojump();
    const thrown = new Error("thrown");
    const raise = (): never => {
      throw thrown;
    };
    expect(await hedge([raise, () => 2], { clock, after: 50 })).toBe(2);
    expect((await errorOf<ExceptionGroup>(hedge([raise], { clock, after: 50 }))).errors).toEqual([thrown]);
    for (const [, make, expected] of hostileThenables) {
      const result = hedge([() => make() as Promise<unknown>], { clock, after: 50 });
      if ("value" in expected) expect(await result).toEqual(expected.value);
      else expect((await errorOf<ExceptionGroup>(result)).errors).toEqual([expected.error]);
    }
  });

  it("the functions are copied, so changing the array later has no effect (B9)", async () => {
    const fns = [async () => Promise.reject(new Error("no")), async () => 2];
    const result = hedge(fns, { after: 50 });
    fns.length = 0;
    expect(await result).toBe(2);
  });

  it("100,000 functions that fail one after another are called without a deep stack (B9)", async () => {
    const errors = Array.from({ length: 100_000 }, (_, index) => new Error(`no ${index}`));
    const fns = errors.map((error) => () => Promise.reject(error));
    const error = await errorOf<ExceptionGroup>(hedge(fns, { after: Infinity }));
    expect(error.errors.length).toBe(100_000);
  });

  it("random calls start and end as a model says (B9)", async () => {
    const plan = fc.record({
      fns: fc.array(fc.record({ takes: fc.integer({ min: 1, max: 40 }), fails: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
      }),
      after: fc.integer({ min: 1, max: 20 }),
      max: fc.integer({ min: 1, max: 4 }),
      seed: fc.integer({ min: 0, max: 1_000 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ fns, after, max, seed }) => {
        // No two times are equal, because the order of timers that are due together is not promised.
        const takes = fns.map((fn, index) => fn.takes + 0.001 * 2 ** index);
        const delay = after + 0.1;
        const expected: number[] = [];
        let winner: number | undefined;
        const running = new Map<number, number>();
        for (let now = 0, alarm = 0; ;) {
          if (expected.length < fns.length && running.size < max && now >= alarm) {
            running.set(expected.length, now + takes[expected.length]!);
            expected.push(now);
            alarm = now + delay;
          }
          if (running.size === 0) break;
          const [first, end] = [...running].reduce((one, other) => (other[1] < one[1] ? other : one));
          const isAlarmFirst = expected.length < fns.length && running.size < max && alarm < end;
          now = isAlarmFirst ? alarm : end;
          if (isAlarmFirst) continue;
          running.delete(first);
          if (!fns[first]!.fails) {
            winner = first;
            break;
          }
          alarm = now; // the next one starts at once
        }
        const clock = new VirtualClock({ autojump: true, seed });
        const failing = fns.flatMap(({ fails }, index) => (fails ? [index] : []));
        const { fns: calls, begun } = functions(clock, takes, failing);
        const result: unknown = await hedge(calls, { clock, after: delay, max }).catch((error: unknown) => error);
        expect(begun.map((time) => time.toFixed(4))).toEqual(expected.map((time) => time.toFixed(4)));
        if (winner === undefined) expect((result as ExceptionGroup).errors.length).toBe(fns.length);
        else expect(result).toBe(winner);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("how hedge ends", () => {
  it("the first to succeed wins, and the others are cancelled and waited for (B9, T11)", async () => {
    const clock = autojump();
    using outside = new CancelScope({ clock });
    const log: string[] = [];
    const slow = async (scope: CancelScope): Promise<string> => {
      try {
        await scope.sleep(1_000);
      } finally {
        await outside.sleep(30);
        log.push(`unwound at ${clock.now()}: ${String(scope.reason?.cause)}`);
      }
      return "slow";
    };
    expect(await hedge([slow, async () => "fast"], { after: 50, clock })).toBe("fast");
    expect([log, clock.pending]).toEqual([["unwound at 80: another function has succeeded"], 0]);
  });

  it("a loser that ignores its cancellation is waited for (B9, T11)", async () => {
    const clock = autojump();
    using outside = new CancelScope({ clock });
    const result: unknown = await hedge([() => outside.sleep(500).then(() => "deaf"), async () => "fast"], {
      after: 50,
      clock,
    });
    expect([result, clock.now()]).toEqual(["fast", 500]);
  });

  it("once a function has won, no timer is left, although a loser has not ended (B9)", async () => {
    const clock = new VirtualClock();
    let end!: (value: string) => void;
    const deaf = (): Promise<string> => new Promise((resolve) => (end = resolve));
    const result = hedge([deaf, async () => "won", async () => "unused"], { after: 50, max: 3, clock });
    await clock.advance(50);
    expect(clock.pending).toBe(0);
    end("late");
    expect(await result).toBe("won");
  });

  it("if all have failed, the error is a group of the failures in order of arrival, and names the tasks (B9, T11, E8)", async () => {
    const clock = autojump();
    const fns = [
      async function primary(scope: CancelScope) {
        await scope.sleep(100);
        throw new Error("timed out");
      },
      async function replica() {
        throw new Error("refused");
      },
    ];
    const error = await errorOf<ExceptionGroup>(hedge(fns, { clock, after: 50 }));
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error.errors.map(String)).toEqual(["Error: refused", "Error: timed out"]);
    expect(error.message).toBe("2 tasks failed in hedge(): replica: refused; primary: timed out");
  });

  it("the same error object is listed once, and equal primitives twice (T3)", async () => {
    const same = new Error("same");
    const fail = (): Promise<never> => Promise.reject(same);
    expect((await errorOf<ExceptionGroup>(hedge([fail, fail], { after: 1 }))).errors).toEqual([same]);
    const text = (): Promise<never> => Promise.reject("no");
    expect((await errorOf<ExceptionGroup>(hedge([text, text], { after: 1 }))).errors).toEqual(["no", "no"]);
  });

  it("a function that cancels its own scope has failed, and the next one starts (B9, T11)", async () => {
    const clock = autojump();
    const quit = (scope: CancelScope): Promise<number> => (scope.cancel(), scope.sleep(5).then(() => 1));
    expect(await hedge([quit, async () => 2], { clock, after: 50 })).toBe(2);
    expect((await errorOf<ExceptionGroup>(hedge([quit], { clock, after: 50 }))).errors.map(String)).toEqual([
      'AbortError: "quit" was cancelled',
    ]);
  });

  it("every outcome of a loser is passed to discarded, with its index, as it ends (B9, T11)", async () => {
    const clock = autojump();
    using outside = new CancelScope({ clock });
    const log: unknown[] = [];
    const fns = [
      () => Promise.reject(new Error("no 0")),
      (scope: CancelScope) => scope.sleep(1_000).then(() => "1"),
      (scope: CancelScope) => scope.sleep(1_000).catch(() => "a connection"),
      (scope: CancelScope) =>
        scope.sleep(1_000).catch(() => outside.sleep(5).then(() => Promise.reject(new Error("no 3")))),
      async () => "won",
    ];
    const discarded: HedgeOptions<unknown>["discarded"] = (outcome, index) => {
      log.push([clock.now(), index, outcome.status === "fulfilled" ? outcome.value : String(outcome.reason)]);
    };
    expect(await hedge(fns, { clock, after: 10, max: 4, discarded })).toBe("won");
    expect(log).toEqual([
      [30, 0, "Error: no 0"],
      [30, 1, "AbortError: the scope was cancelled: another function has succeeded"],
      [30, 2, "a connection"],
      [35, 3, "Error: no 3"],
    ]);
  });

  it("nothing is discarded if all fail, and an error that discarded throws is reported as uncaught (T11)", async () => {
    const fail = (): Promise<never> => Promise.reject(new Error("no"));
    await errorOf(hedge([fail, fail], { after: 1, discarded: () => expect.unreachable() }));
    const broken = new Error("broken");
    const uncaught = await uncaughtDuring(async () => {
      const discarded = (): never => {
        throw broken;
      };
      expect(await hedge([fail, () => 1], { after: 1, discarded })).toBe(1);
    });
    expect(uncaught).toEqual([broken]);
  });

  it("a cancellation of the parent reaches all functions, which are waited for (B9, T5)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    using outside = new CancelScope({ clock });
    let unwound = 0;
    const fn = (scope: CancelScope): Promise<void> =>
      scope.sleep(1_000).finally(() => outside.sleep(5).then(() => unwound++));
    const result = errorOf(hedge([fn, fn, fn], { parent, after: 10 }));
    await outside.sleep(50);
    parent.cancel();
    expect([await result, unwound, clock.now(), clock.pending]).toEqual([parent.reason, 2, 55, 0]);
  });

  it("in a cancelled scope nothing is called (B9)", async () => {
    using parent = new CancelScope();
    parent.cancel();
    expect(await errorOf(hedge([() => expect.unreachable()], { parent, after: 1 }))).toBe(parent.reason);
    const error = await errorOf(hedge([() => expect.unreachable()], { parent: AbortSignal.abort("why"), after: 1 }));
    expect([error.name, error.cause]).toEqual(["AbortError", "why"]);
  });

  it("after a cancellation of the parent no other function starts, and failures are not lost (B9, T5)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    const fail = (scope: CancelScope): Promise<void> =>
      scope.sleep(1_000).catch(() => Promise.reject(new Error("unwinding")));
    const result = errorOf<ExceptionGroup>(hedge([fail, () => expect.unreachable()], { parent, after: 50 }));
    parent.cancel();
    expect((await result).errors.map(String)).toEqual(["Error: unwinding"]);
  });

  it("after a cancellation of the parent no other function is opened, and a plain cancellation is not in unwound (B9, S15)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    const opened: unknown[] = [];
    const fns = [
      (scope: CancelScope): Promise<void> => scope.sleep(1_000).catch(() => Promise.reject(new Error("unwinding"))),
      (scope: CancelScope): Promise<void> => scope.sleep(1_000),
      (): void => expect.unreachable(),
    ];
    const result = errorOf<ExceptionGroup>(hedge(fns, { parent, after: 50, max: 3 }));
    await clock.advance(50);
    {
      using registration = observe({ opened: (scope) => opened.push(scope) });
      expect(registration).toBeDefined();
      parent.cancel();
      const error = await result;
      expect([error.errors.map(String), error.unwound]).toEqual([["Error: unwinding"], []]);
    }
    expect(opened).toEqual([]);
  });

  it("a scope that a function leaves open below hedge is one more failure (B9, S16)", async () => {
    const leave = (scope: CancelScope): never => {
      void new CancelScope({ parent: parentOf(scope), name: "left" }).sleep(Infinity);
      throw new Error("no");
    };
    const { errors } = await errorOf<ExceptionGroup>(hedge([leave], { after: 50 }));
    expect(errors.map((error) => (error as Error).name)).toEqual(["Error", "InvalidStateError"]);
  });

  it("an error of the clock is reported as uncaught if a function has won (B9, C1)", async () => {
    const clock = autojump();
    const failure = new Error("broken clock");
    const hostile = {
      now: () => clock.now(),
      setTimer: (callback: () => void, delay: number) => clock.setTimer(callback, delay),
      clearTimer: (timer: unknown) => {
        clock.clearTimer(timer);
        throw failure;
      },
    };
    const uncaught = await uncaughtDuring(async () => {
      expect(await hedge([async () => "won", () => "late"], { clock: hostile, after: 50 })).toBe("won");
    });
    expect(new Set(uncaught)).toEqual(new Set([failure]));
  });

  it("a value that was returned although the parent was cancelled is kept (B9, T11)", async () => {
    using parent = new CancelScope();
    expect(await hedge([() => (parent.cancel(), "value")], { parent, after: 1 })).toBe("value");
  });

  it("errors that were accepted as cancellations by their shape are listed in unwound (S15)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    const abort = new DOMException("aborted", "AbortError");
    const result = errorOf<ExceptionGroup & { unwound: unknown[] }>(
      hedge(
        [
          (scope: CancelScope) => scope.sleep(1_000).catch(() => Promise.reject(new Error("unwinding"))),
          (scope: CancelScope) => (parent.cancel(), scope.sleep(1).catch(() => Promise.reject(abort))),
        ],
        { parent, after: 5 },
      ),
    );
    expect((await result).unwound).toEqual([abort]);
  });

  it("a clock that throws fails the call, or starts no other function, and leaves nothing open (C1)", async () => {
    for (let calls = 0; calls < 25; calls++) {
      const clock = new HostileClock();
      using parent = new CancelScope();
      clock.callsLeft = calls;
      const { fns } = functions({ now: () => 0 }, [30, 30, 30], [0, 1, 2]);
      const uncaught = await uncaughtDuring(async () => {
        const error = await errorOf<ExceptionGroup>(hedge(fns, { parent, clock, after: 10 }));
        expect(error.errors.map(String).join()).toMatch(/broken clock|no 2/);
      });
      for (const error of uncaught) expect(String(error)).toMatch(/broken clock/);
      clock.callsLeft = Infinity;
      parent.close(); // throws if a scope were left below it
    }
  });

  it("if the clock throws, functions that run are cancelled (C1)", async () => {
    const clock = new HostileClock();
    clock.callsLeft = 0;
    const waits = (scope: CancelScope): Promise<never> => new Promise((_, reject) => scope.onCancel(reject));
    const error = await errorOf<ExceptionGroup>(hedge([waits, waits], { clock, after: 10 }));
    expect(error.errors.map(String)).toEqual(["Error: broken clock"]);
  });

  // V8 of Node 26 does not follow a promise to the one that it was linked to.
  it.skipIf(Number(process.versions.node.split(".")[0]) >= 26)(
    "a task's stack shows the caller of hedge (E8)",
    async () => {
      async function impatientCaller(): Promise<unknown> {
        return await hedge(
          [
            async () => {
              await Promise.resolve();
              throw new Error("no");
            },
          ],
          { after: 1 },
        );
      }
      const error = await errorOf<ExceptionGroup>(impatientCaller());
      expect((error.errors[0] as Error).stack).toContain("impatientCaller");
    },
  );

  it("describeTree shows the functions by their names (C3)", async () => {
    using parent = new CancelScope({ name: "page", clock: autojump() });
    let tree = "";
    await hedge(
      [
        async function replica(scope: CancelScope) {
          await scope.checkpoint();
          tree = describeTree(parent);
        },
      ],
      { parent, after: 1 },
    );
    expect(tree).toMatch(/hedge[^]*replica/);
  });
});

describe("HedgeBudget", () => {
  async function hedged(calls: number, share: number | undefined, fails: boolean): Promise<number> {
    const clock = autojump();
    let further = 0;
    const budget = share === undefined ? undefined : new HedgeBudget({ share });
    const first = (scope: CancelScope): Promise<unknown> =>
      fails ? Promise.reject(new Error("no")) : scope.sleep(100);
    const next = async (): Promise<void> => {
      further++;
    };
    for (let call = 0; call < calls; call++) await hedge([first, next], { clock, after: 50, budget }).catch(() => {});
    return further;
  }

  it("over 1,000 calls, the share of calls that hedge is limited, for slow calls and for failures (B9)", async () => {
    for (const fails of [false, true]) {
      expect(await hedged(1_000, undefined, fails)).toBe(1_000);
      expect(await hedged(1_000, 0.1, fails)).toBe(100);
      expect(await hedged(1_000, 0.01, fails)).toBe(10);
      expect(await hedged(1_000, 1, fails)).toBe(1_000);
      expect(await hedged(1_000, 1 / 3, fails)).toBe(333);
      expect(await hedged(1_000, 1e-12, fails)).toBe(0);
    }
  });

  it("a new budget is empty, and calm calls save for at most 10 further functions (B9)", async () => {
    const clock = autojump();
    const budget = new HedgeBudget({ share: 0.5 });
    for (let call = 0; call < 1_000; call++) await hedge([() => 1], { clock, after: 50, budget });
    let further = 0;
    const slow = (scope: CancelScope): Promise<void> => scope.sleep(100);
    const next = async (): Promise<void> => {
      further++;
    };
    await Promise.all(Array.from({ length: 100 }, () => hedge([slow, next], { clock, after: 50, budget })));
    expect(further).toBe(10);
  });

  it("a function that fails after a cancellation costs the budget nothing (B9)", async () => {
    const clock = autojump();
    const budget = new HedgeBudget({ share: 1 });
    using parent = new CancelScope({ clock });
    const unwind = (scope: CancelScope): Promise<string> => scope.sleep(1_000).then(() => "late", raise);
    const cancelled = errorOf(hedge([unwind, () => "never"], { parent, after: 50, budget }));
    parent.cancel();
    expect(await cancelled).toBeInstanceOf(ExceptionGroup);
    expect(await hedge([raise, raise, () => "third"], { clock, after: 50, budget })).toBe("third"); // it costs two
  });

  it("a call whose budget is empty still ends as its functions do, and sets no further timer (B9)", async () => {
    const clock = autojump();
    const budget = new HedgeBudget({ share: 0.1 });
    const { fns, begun } = functions(clock, [500, 1]);
    expect([await hedge(fns, { clock, after: 50, budget }), begun]).toEqual([0, [0]]);
    const failing = functions(clock, [5, 1], [0]);
    const error = await errorOf<ExceptionGroup>(hedge(failing.fns, { clock, after: 50, budget }));
    expect([error.errors.length, failing.begun.length, clock.pending]).toEqual([1, 1, 0]);
  });
});
