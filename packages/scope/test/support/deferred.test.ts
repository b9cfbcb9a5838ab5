import { describe, expect, it } from "vitest";
import { deferred } from "@selvage/scope/internal";
import { ignoreRejection, handled, rejected, subscribe } from "../../src/support/deferred.js";
import { turn } from "../uncaught.js";

describe("deferred", () => {
  it("a deferred promise is settled by its functions, once", async () => {
    const [value, failure] = [deferred<number>(), deferred<number>()];
    const error = new Error("no");
    value.resolve(1);
    value.resolve(2);
    value.reject(error);
    failure.reject(error);
    expect(await value.promise).toBe(1);
    await expect(failure.promise).rejects.toBe(error);
  });

  it("a deferred promise keeps its own functions, however many others are created meanwhile", async () => {
    const all = Array.from({ length: 10 }, () => deferred<number>());
    all.forEach(({ resolve }, index) => resolve(index));
    expect(await Promise.all(all.map(({ promise }) => promise))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("handled and rejected", () => {
  it("handled and rejected make promises that reject, and that are never an unhandled rejection (S12)", async () => {
    const error = new Error("looked after");
    const promises = [rejected(error), handled(Promise.reject(error))];
    await turn(); // The setup of every test checks for unhandled rejections after this.
    for (const promise of promises) await expect(promise).rejects.toBe(error);
  });

  it("handled and rejected do not call the promise's own then (S12)", async () => {
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
    ["a thenable that calls back and throws", { then: (f: (v: number) => void) => (f(1), raise()) }, ["value", 1]],
    ["a thenable that throws", { then: raise }, ["error", new Error("hostile")]],
    [
      "a thenable whose then cannot be read",
      Object.defineProperty({}, "then", { get: raise }),
      ["error", new Error("hostile")],
    ],
    ["an object whose then is not a function", { then: 42 }, ["value", { then: 42 }]],
    [
      "a promise whose constructor cannot be read",
      Object.defineProperty(Promise.resolve(1), "constructor", { get: raise }),
      ["error", new Error("hostile")],
    ],
  ];

  it.each(cases)(
    "subscribe calls back once, asynchronously, with the outcome of %s (S12)",
    async (_, value, expected) => {
      const calls: unknown[] = [];
      void subscribe(
        value,
        (value: unknown) => calls.push(["value", value]),
        (error) => calls.push(["error", error]),
      );
      expect(calls).toEqual([]);
      await turn();
      expect(calls).toEqual([expected]);
    },
  );

  it("subscribe never calls back for a thenable that never does (S12)", async () => {
    void subscribe({ then() {} }, raise, raise);
    await turn();
  });
});

describe("abandon", () => {
  it("abandon silences a rejection, whatever value it gets (S12)", async () => {
    const hostile = { then: (_: unknown, onError: (error: unknown) => void) => onError(new Error("no")) };
    for (const value of [Promise.reject(new Error("no")), hostile, undefined, 42]) ignoreRejection(value);
    await turn();
  });
});
