import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { any, CancelScope, race } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

const forever = (scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);
const unwindingWith = (error: unknown) => (scope: CancelScope) => forever(scope).catch(failing(error));
/** Ignores its cancellation, and returns a value. */
const late = (value: unknown) => (scope: CancelScope) => forever(scope).catch(() => value);

/** A list of what is discarded, and the callback that fills it. */
function discarding(): { log: unknown[]; discarded: (outcome: PromiseSettledResult<unknown>, index: number) => void } {
  const log: unknown[] = [];
  const discarded = (outcome: PromiseSettledResult<unknown>, index: number): void => {
    log.push([index, outcome.status === "fulfilled" ? outcome.value : outcome.reason]);
  };
  return { log, discarded };
}

describe.each([
  ["race", race],
  ["any", any],
] as const)("the option discarded of %s", (_, contest) => {
  it("discarded gets the late value, the error and the CancelledError of losers once a value has won (T11)", async () => {
    const { log, discarded } = discarding();
    const error = new Error("cleanup");
    const fns = [late("late"), unwindingWith(error), forever, async () => "won"];
    expect(await contest(fns, { discarded })).toBe("won");
    expect(log).toHaveLength(3);
    expect(new Map(log as [number, unknown][])).toEqual(
      new Map<number, unknown>([
        [0, "late"],
        [1, error],
        [2, expect.objectContaining({ name: "AbortError", cause: expect.stringContaining("won") as unknown })],
      ]),
    );
  });

  it("discarded is called synchronously as the loser ends, before the call resolves (T11)", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const slow = async (scope: CancelScope): Promise<string> => {
      await forever(scope).catch(() => new CancelScope({ clock }).sleep(5));
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => log.push("three microtasks later"))));
      return "slow";
    };
    const contested = contest([slow, async () => "won"], { clock, discarded: () => log.push("discarded") });
    void contested.then(() => log.push("resolved"));
    await settled();
    expect(log).toEqual([]);
    await clock.advance(5);
    expect(log.filter((entry) => entry !== "three microtasks later")).toEqual(["discarded", "resolved"]);
    expect(log[0]).toBe("discarded");
  });

  it("discarded gets no outcome if nothing has won: everything is thrown (T11)", async () => {
    using parent = new CancelScope();
    const { log, discarded } = discarding();
    const contested = contest([forever, unwindingWith("cleanup")], { parent, discarded });
    parent.cancel();
    expect(await errorsOf(contested)).toEqual(["cleanup"]);
    expect(log).toEqual([]);
  });

  it("discarded gets what ended before a value that comes in spite of an outer cancellation (T11, K2)", async () => {
    using parent = new CancelScope();
    const { log, discarded } = discarding();
    const contested = contest([forever, unwindingWith("cleanup"), (scope) => late("value")(scope).then((v) => v)], {
      parent,
      discarded,
    });
    parent.cancel();
    expect(await contested).toBe("value");
    expect(log).toEqual([
      [0, parent.reason],
      [1, "cleanup"],
    ]);
  });

  it("discarded may throw: the error is reported as uncaught, and the call continues (T11)", async () => {
    const hostile = (): never => {
      throw new Error("in discarded");
    };
    const uncaught = await uncaughtDuring(async () => {
      expect(await contest([forever, forever, async () => 1], { discarded: hostile })).toBe(1);
    });
    expect(uncaught.map(String)).toEqual(["Error: in discarded", "Error: in discarded"]);
  });

  it.each([null, 1, "log", {}])("discarded is a TypeError if it is %o, and nothing starts (T11)", (wrong) => {
    using parent = new CancelScope();
    const never = (): never => expect.unreachable();
    expect(() => contest([never], { parent, discarded: wrong as never })).toThrow(/^discarded must be a function, got/);
    expect(() => contest([never], { parent, discarded: wrong as never })).toThrow(TypeError);
  });

  it("discarded is typed by the functions' results (T11)", async () => {
    await contest([async () => 1, () => "text"], {
      discarded: (outcome, index) => {
        expectTypeOf(outcome).toEqualTypeOf<PromiseSettledResult<number | string>>();
        expectTypeOf(index).toEqualTypeOf<number>();
      },
    });
  });

  it("discarded gets the index of each of 50,000 losers in constant time (T11)", async () => {
    let sum = 0;
    const fns = Array.from({ length: 50_000 }, () => forever as (scope: CancelScope) => Promise<void>);
    await contest([async () => {}, ...fns], { discarded: (_outcome, index) => (sum += index) });
    expect(sum).toBe((50_000 * 50_001) / 2);
  });
});

describe("the option discarded of race", () => {
  it("discarded gets values and cancellations, and not the errors in the group, once a failure has won (T11)", async () => {
    const { log, discarded } = discarding();
    const contested = race([failing("first"), late("late"), unwindingWith("cleanup"), forever], { discarded });
    expect(await errorsOf(contested)).toEqual(["first", "cleanup"]);
    expect(log).toHaveLength(2);
    expect(new Map(log as [number, unknown][])).toEqual(
      new Map<number, unknown>([
        [1, "late"],
        [3, expect.objectContaining({ name: "AbortError" })],
      ]),
    );
  });
});

describe("the option discarded of any", () => {
  it("discarded gets the failures from before the win, at the win (T11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: unknown[] = [];
    const winner = (scope: CancelScope): Promise<string> => scope.sleep(5).then(() => (log.push("wins"), "won"));
    const discarded = (outcome: PromiseSettledResult<unknown>, index: number): void => {
      log.push([index, outcome.status]);
    };
    expect(await any([failing("down"), winner, failing("out")], { clock, discarded })).toBe("won");
    expect(log).toEqual(["wins", [0, "rejected"], [2, "rejected"]]);
  });

  it("discarded gets no failure that is thrown (T11)", async () => {
    const { log, discarded } = discarding();
    expect(await errorsOf(any([failing("a"), failing("b")], { discarded }))).toEqual(["a", "b"]);
    expect(await outcomeOf(any([], { discarded }))).toHaveProperty("error");
    expect(log).toEqual([]);
  });
});
