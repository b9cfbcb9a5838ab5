import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ExceptionGroup } from "@selvage/scope";
import { membersOf } from "@selvage/scope/lowlevel";

describe("membersOf", () => {
  it.each<[string, unknown, unknown[]]>([
    ["an AggregateError", new AggregateError([1, 2]), [1, 2]],
    ["an empty AggregateError", new AggregateError([]), []],
    ["an ExceptionGroup", new ExceptionGroup("two", [1, 2]), [1, 2]],
    ["an instance of a subclass with its own name", Object.assign(new AggregateError([1]), { name: "Mine" }), [1]],
    ["an AggregateError of another realm", runInNewContext("new AggregateError([1, 2])"), [1, 2]],
    [
      "an error that only has the name AggregateError",
      Object.assign(new Error(), { name: "AggregateError", errors: [1] }),
      [1],
    ],
    ["a SuppressedError", Object.assign(new Error(), { name: "SuppressedError", error: 1, suppressed: 2 }), [1, 2]],
    [
      "a SuppressedError that hides undefined",
      { name: "SuppressedError", error: undefined, suppressed: undefined },
      [undefined, undefined],
    ],
  ])("membersOf returns the members of %s (S15, E2)", (_, error, expected) => {
    expect(membersOf(error)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["an error", new Error("leaf")],
    ["an error with its own list of errors", Object.assign(new Error(), { errors: [1] })],
    ["a SuppressedError by name alone", Object.assign(new Error(), { name: "SuppressedError" })],
    ["an AggregateError without a list", Object.assign(new AggregateError([]), { errors: "text" })],
    ["text", "text"],
    ["null", null],
    ["undefined", undefined],
    ["a function", () => {}],
  ])("membersOf returns undefined for %s (S15, E2)", (_, error) => {
    expect(membersOf(error)).toBeUndefined();
  });

  it("membersOf returns a copy, which later changes of the error do not affect", () => {
    const error = new AggregateError([1, 2]);
    const members = membersOf(error);
    error.errors.push(3);
    expect(members).toEqual([1, 2]);
  });

  it("membersOf returns undefined for an error that cannot be read, and never throws (S15)", () => {
    const raise = (): never => {
      throw new Error("hostile");
    };
    for (const error of [
      new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise }),
      new Proxy(new AggregateError([1]), { get: raise }),
      Object.defineProperty(new AggregateError([1]), "errors", { get: raise }),
      Object.assign(new AggregateError([]), { errors: new Proxy([1], { get: raise }) }),
      {
        name: "SuppressedError",
        suppressed: 1,
        get error() {
          return raise();
        },
      },
    ]) {
      expect(membersOf(error)).toBeUndefined();
    }
  });
});
