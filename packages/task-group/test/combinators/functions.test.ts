import { runInNewContext } from "node:vm";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, gather, gatherSettled, type Results, type SettledResults } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";

const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);

describe("a plain object of functions", () => {
  it("gather takes a plain object and returns results by key, in the order of the keys (T11)", async () => {
    const started: string[] = [];
    const results = await gather({
      b: async (scope) => (started.push("b"), await scope.sleep(1), 1),
      a: () => (started.push("a"), "text"),
    });
    expect(results).toEqual({ b: 1, a: "text" });
    expect([Object.keys(results), started]).toEqual([
      ["b", "a"],
      ["b", "a"],
    ]);
    expect(Object.getPrototypeOf(results)).toBe(Object.prototype);
  });

  it("gatherSettled takes a plain object and returns outcomes by key (V10)", async () => {
    const error = new Error("no");
    expect(await gatherSettled({ good: () => 1, bad: failing(error) })).toEqual({
      good: { status: "fulfilled", value: 1 },
      bad: { status: "rejected", reason: error },
    });
  });

  it("the object may be empty: gather and gatherSettled resolve with an empty object (T11, V10)", async () => {
    expect([await gather({}), await gatherSettled({})]).toEqual([{}, {}]);
    expect([await gather([]), await gatherSettled([])]).toEqual([[], []]);
  });

  it("the object may have no prototype, and any key, also __proto__ (T11)", async () => {
    const fns = Object.create(null) as Record<string, () => unknown>;
    for (const key of ["__proto__", "constructor", "hasOwnProperty", "then", ""]) fns[key] = () => `${key}!`;
    const results = await gather(fns);
    expect(Object.entries(results)).toEqual(Object.keys(fns).map((key) => [key, `${key}!`]));
    expect(Object.getPrototypeOf(results)).toBe(Object.prototype);
  });

  it("only the object's own enumerable string keys are run (T11)", async () => {
    const never = (): never => expect.unreachable();
    const fns = Object.defineProperty({ [Symbol("key")]: never, seen: () => 1 }, "hidden", { value: never });
    expect(await gather(fns)).toEqual({ seen: 1 });
  });

  it("each task is named after its key, although the function has a name (T11)", async () => {
    async function load(): Promise<never> {
      return Promise.reject(new Error("down"));
    }
    for (const call of [gather({ user: load, cart: load })]) {
      const { error } = await outcomeOf(call);
      expect((error as { tasks?: unknown }).tasks).toEqual(["user", "cart"]);
    }
    const { error } = await outcomeOf(gather([load]));
    expect((error as { tasks?: unknown }).tasks).toEqual(["load"]);
  });

  it("gather of an object behaves as a TaskGroup: a failure cancels the rest (T11, T2)", async () => {
    const error = new Error("no");
    let reason: unknown;
    const waiting = (scope: CancelScope): Promise<void> => {
      scope.onCancel(({ cause }) => (reason = cause));
      return scope.sleep(Infinity);
    };
    expect(await errorsOf(gather({ waiting, failing: failing(error) }))).toEqual([error]);
    expect(reason).toBe(error);
  });

  it("the result is typed by key, without readonly and without symbols (T11, V10)", async () => {
    const key = Symbol("key");
    const fns = { user: async () => "Ada", count: () => 3, [key]: () => true } as const;
    expectTypeOf(await gather(fns)).toEqualTypeOf<{ user: string; count: number }>();
    expectTypeOf<Results<typeof fns>>().toEqualTypeOf<{ user: string; count: number }>();
    expectTypeOf<SettledResults<{ readonly a: () => 1 }>>().toEqualTypeOf<{ a: PromiseSettledResult<1> }>();
    expectTypeOf(await gatherSettled({ a: (scope) => scope.sleep(0).then(() => null) })).toEqualTypeOf<{
      a: PromiseSettledResult<null>;
    }>();
    const map: Record<string, () => Promise<number>> = {};
    expectTypeOf(await gather(map)).toEqualTypeOf<Record<string, number>>();
  });
});

describe("a value that is neither an array nor a plain object of functions", () => {
  class Tasks {}
  const wrong: [string, () => unknown][] = [
    ["undefined", () => undefined],
    ["null", () => null],
    ["7", () => 7],
    ['"tasks"', () => "tasks"],
    ["a function", () => () => {}],
    ["an instance of Map", () => new Map()],
    ["an instance of Set", () => new Set()],
    ["an instance of Tasks", () => new Tasks()],
    ["an instance of Promise", () => Promise.resolve()],
    ["an object", () => Object.create({ constructor: undefined }) as unknown],
    ["an instance of Object", () => runInNewContext("({})") as unknown],
  ];
  it.each(wrong)("an invalid argument is a TypeError that says what was received: %s (T11, V10)", (received, make) => {
    const expected = `The tasks must be an array of functions or a plain object of functions, got ${received}.`;
    for (const call of [gather, gatherSettled]) {
      expect(() => call(make() as [])).toThrow(new TypeError(expected));
    }
  });

  it("a member that is not a function is a TypeError that names its key, and nothing starts (T11)", () => {
    const never = (): never => expect.unreachable();
    for (const call of [gather, gatherSettled]) {
      expect(() => call({ never, user: Promise.resolve() as never })).toThrow(
        new TypeError('Task "user" must be a function, got an object.'),
      );
    }
  });
});

describe("a failure in a group", () => {
  it("the siblings' CancelledError names the task that failed (E8)", async () => {
    let message: unknown;
    const waiting = (scope: CancelScope): Promise<void> => {
      scope.onCancel((reason) => (message = reason.message));
      return scope.sleep(Infinity);
    };
    await outcomeOf(gather({ waiting, "load user": failing(new Error("no such user")) }));
    expect(message).toContain('task "load user" failed: no such user');
  });

  it("the refusal of an object escapes the names of its keys and of its class (E7)", () => {
    const message = (fns: unknown): string => {
      try {
        void gather(fns as never);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(message({ "a\u202eb\x9b2J\u2028c": 1 })).toContain(String.raw`Task "a\u202eb\x9b2J\u2028c"`);
    class Odd {}
    Object.defineProperty(Odd, "name", { value: "a\n\x1b[2J" });
    expect(message(new Odd())).toContain(String.raw`an instance of a\n\x1b[2J`);
  });
});
