import { describe, expect, it } from "vitest";
import { ClosedError, InvalidStateError } from "@selvage/scope";
import { checkFunction, checkFunctions, checkTime, describeValue, reportUncaught } from "@selvage/scope/internal";
import { uncaughtDuring } from "../uncaught.js";

describe.each([
  ["ClosedError", ClosedError],
  ["InvalidStateError", InvalidStateError],
])("%s", (name, Class) => {
  it("a misuse error is an Error with its own name, which is not enumerable (S16)", () => {
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
  ])("describeValue describes %o briefly", (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it("describeValue does not throw for a value that cannot be read", () => {
    const raise = (): never => {
      throw new Error("hostile");
    };
    expect(describeValue(new Proxy({}, { get: raise, getPrototypeOf: raise, ownKeys: raise }))).toBe("an object");
  });
});

describe("checkFunction", () => {
  it("checkFunction accepts functions, and otherwise throws a TypeError with the expected and the received type", () => {
    checkFunction(() => {}, "The body");
    checkFunction(class {}, "The body");
    for (const value of [undefined, null, {}, "body"])
      expect(() => checkFunction(value, "The body")).toThrow(TypeError);
    expect(() => checkFunction([], "The body")).toThrow("The body must be a function, got an array.");
  });
});

describe("checkFunctions", () => {
  it("checkFunctions copies a list of functions, which may change afterwards", () => {
    const fns = [() => 1, () => 2];
    const copy = checkFunctions(fns);
    fns.pop();
    expect(copy.map((fn) => fn())).toEqual([1, 2]);
    expect(checkFunctions([])).toEqual([]);
  });

  it("checkFunctions throws a TypeError for a value that is not an array, and names the first element that is not a function", () => {
    const holey: unknown[] = [() => {}];
    holey[2] = 42;
    expect(() => checkFunctions(holey)).toThrow("Task 1 must be a function, got undefined.");
    expect(() => checkFunctions(new Set() as never)).toThrow("The tasks must be an array of functions, got an object.");
    expect(() => checkFunctions(undefined as never)).toThrow(TypeError);
  });
});

describe("checkTime", () => {
  it("checkTime accepts numbers, also infinite and negative ones, and throws a TypeError for other values (S10)", () => {
    for (const time of [0, -1, 1.5, Infinity, -Infinity]) checkTime(time, "A deadline");
    for (const time of [NaN, "1", null, undefined, 1n, {}])
      expect(() => checkTime(time, "A deadline")).toThrow(TypeError);
    expect(() => checkTime(NaN, "A deadline")).toThrow("A deadline must be a number of milliseconds, got NaN.");
  });
});

describe("reportUncaught", () => {
  it("reportUncaught throws each error unchanged and uncaught, after the current code has run (S4)", async () => {
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
