import { describe, expect, it } from "vitest";
import { ClosedError, InvalidStateError } from "@selvage/scope";
import { checkFunction, checkFunctions, checkTime, describeValue, reportUncaught } from "@selvage/scope/internal";
import { uncaughtDuring } from "../uncaught.js";

describe.each([
  ["ClosedError", ClosedError],
  ["InvalidStateError", InvalidStateError],
])("%s", (name, Class) => {
  it("is an Error with its name, which is not enumerable (S16)", () => {
    const error = new Class("what to do");
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, String(error)]).toEqual([name, "what to do", `${name}: what to do`]);
    expect(Object.keys(error)).toEqual([]);
  });
});

describe("describeValue", () => {
  it.each([
    ["text", '"text"'],
    ["", '""'],
    ["x".repeat(41), `"${"x".repeat(40)}…"`],
    [42, "42"],
    [NaN, "NaN"],
    [-0, "0"],
    [10n, "a bigint"],
    [true, "true"],
    [undefined, "undefined"],
    [null, "null"],
    [Symbol("secret"), "a symbol"],
    [() => {}, "a function"],
    [class Secret {}, "a function"],
    [[1, 2], "an array"],
    [{ secret: 1 }, "an object"],
    [new Date(0), "an object"],
    [Object.create(null), "an object"],
  ])("says in a word what %o is", (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it("does not throw at what refuses to be read", () => {
    const raise = (): never => {
      throw new Error("hostile");
    };
    expect(describeValue(new Proxy({}, { get: raise, getPrototypeOf: raise, ownKeys: raise }))).toBe("an object");
  });
});

describe("checkFunction", () => {
  it("passes functions, and throws a TypeError that says what was wanted and what was got", () => {
    checkFunction(() => {}, "The body");
    checkFunction(class {}, "The body");
    for (const value of [undefined, null, {}, "body"])
      expect(() => checkFunction(value, "The body")).toThrow(TypeError);
    expect(() => checkFunction([], "The body")).toThrow("The body must be a function, got an array.");
  });
});

describe("checkFunctions", () => {
  it("copies a list of functions, which may change afterwards", () => {
    const fns = [() => 1, () => 2];
    const copy = checkFunctions(fns);
    fns.pop();
    expect(copy.map((fn) => fn())).toEqual([1, 2]);
    expect(checkFunctions([])).toEqual([]);
  });

  it("throws a TypeError that names the first that is none, holes included, and at what is no array", () => {
    const holey: unknown[] = [() => {}];
    holey[2] = 42;
    expect(() => checkFunctions(holey)).toThrow("Task 1 must be a function, got undefined.");
    expect(() => checkFunctions(new Set() as never)).toThrow("The tasks must be an array of functions, got an object.");
    expect(() => checkFunctions(undefined as never)).toThrow(TypeError);
  });
});

describe("checkTime", () => {
  it("passes numbers, infinite and negative ones too, and throws a TypeError at the rest (S10)", () => {
    for (const time of [0, -1, 1.5, Infinity, -Infinity]) checkTime(time, "A deadline");
    for (const time of [NaN, "1", null, undefined, 1n, {}])
      expect(() => checkTime(time, "A deadline")).toThrow(TypeError);
    expect(() => checkTime(NaN, "A deadline")).toThrow("A deadline must be a number of milliseconds, got NaN.");
  });
});

describe("reportUncaught", () => {
  it("throws where nobody catches, after the present code has run, each error as itself (S4)", async () => {
    const errors = [new Error("first"), "text", undefined, null];
    const log: string[] = [];
    const uncaught = await uncaughtDuring(() => {
      for (const error of errors) reportUncaught(error);
      log.push("goes on");
    });
    expect(uncaught).toEqual(errors);
    expect(uncaught[0]).toBe(errors[0]);
    expect(log).toEqual(["goes on"]);
  });
});
