import { describe, expect, it } from "vitest";
import { deferred } from "@selvage/scope/internal";
import { ignoreRejection, handled, rejected, subscribe } from "../../src/support/deferred.js";
import { turn } from "../uncaught.js";

describe("deferred", () => {
  it("is settled from elsewhere, once", async () => {
    const [value, failure] = [deferred<number>(), deferred<number>()];
    const error = new Error("no");
    value.resolve(1);
    value.resolve(2);
    value.reject(error);
    failure.reject(error);
    expect(await value.promise).toBe(1);
    await expect(failure.promise).rejects.toBe(error);
  });

  it("keeps its own functions, however many are made meanwhile", async () => {
    const all = Array.from({ length: 10 }, () => deferred<number>());
    all.forEach(({ resolve }, index) => resolve(index));
    expect(await Promise.all(all.map(({ promise }) => promise))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("handled and rejected", () => {
  it("make rejections that nobody needs to handle, and that reject all the same (S12)", async () => {
    const error = new Error("looked after");
    const promises = [rejected(error), handled(Promise.reject(error))];
    await turn(); // after which the set-up of every test looks for unhandled rejections
    for (const promise of promises) await expect(promise).rejects.toBe(error);
  });

  it("do without the promise's own then (S12)", async () => {
    const promise = Object.assign(Promise.reject(new Error("no")), {
      then() {
        throw new Error("its own then");
      },
    });
    void handled(promise);
    await turn();
  });
});

describe("subscribe", () => {
  const raise = (): never => {
    throw new Error("hostile");
  };
  const cases: [string, unknown, unknown][] = [
    ["a value", 42, ["value", 42]],
    ["undefined", undefined, ["value", undefined]],
    ["a promise", Promise.resolve(1), ["value", 1]],
    ["a thenable that calls back twice", { then: (f: (v: number) => void) => (f(1), f(2)) }, ["value", 1]],
    ["one that calls back and throws", { then: (f: (v: number) => void) => (f(1), raise()) }, ["value", 1]],
    ["one that throws", { then: raise }, ["error", new Error("hostile")]],
    [
      "one whose then cannot be read",
      Object.defineProperty({}, "then", { get: raise }),
      ["error", new Error("hostile")],
    ],
    ["one whose then is no function", { then: 42 }, ["value", { then: 42 }]],
    [
      "a promise whose constructor cannot be read",
      Object.defineProperty(Promise.resolve(1), "constructor", { get: raise }),
      ["error", new Error("hostile")],
    ],
  ];

  it.each(cases)("calls back once, later, with what comes of %s (S12)", async (_, value, expected) => {
    const calls: unknown[] = [];
    void subscribe(
      value,
      (value: unknown) => calls.push(["value", value]),
      (error) => calls.push(["error", error]),
    );
    expect(calls).toEqual([]);
    await turn();
    expect(calls).toEqual([expected]);
  });

  it("never calls back for what never does (S12)", async () => {
    void subscribe({ then() {} }, raise, raise);
    await turn();
  });
});

describe("abandon", () => {
  it("lets a rejection pass, whatever it was given (S12)", async () => {
    const hostile = { then: (_: unknown, onError: (error: unknown) => void) => onError(new Error("no")) };
    for (const value of [Promise.reject(new Error("no")), hostile, undefined, 42]) ignoreRejection(value);
    await turn();
  });
});
