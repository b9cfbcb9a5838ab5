import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExceptionGroup } from "@selvage/runner";
import { formatError } from "../src/format-error.js";

const { stackTraceLimit } = Error;

beforeAll(() => {
  Error.stackTraceLimit = 0;
});

afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe("formatError", () => {
  it("prints name, message, and the stack's frames", () => {
    Error.stackTraceLimit = 1;
    const error = new TypeError("wrong type");
    Error.stackTraceLimit = 0;
    expect(formatError(error)).toMatch(/^TypeError: wrong type\n {4}at .*format-error\.test\.ts:\d+:\d+\)?$/);
    expect(formatError(Object.assign(new Error("two\nlines"), { name: "Renamed" }))).toBe("Renamed: two\nlines");
    expect(formatError(new RangeError())).toBe("RangeError");
  });

  it("prints properties, and of what hangs on them not everything", () => {
    const socket = { a: { b: { c: { d: "deep" } } } };
    const text = formatError(Object.assign(new Error("refused"), { code: "ECONNREFUSED", socket }));
    expect(text).toBe("Error: refused\n    { code: 'ECONNREFUSED', socket: { a: { b: [Object] } } }");
  });

  it("prints errors of an error that is no group as the property that they are", () => {
    const invalid = Object.assign(new Error("invalid"), { name: "ValidationError", errors: ["too short"] });
    expect(formatError(invalid)).toBe("ValidationError: invalid\n    { errors: [ 'too short' ] }");
    expect(formatError(Object.assign(new AggregateError(["a"]), { errors: ["b"] }))).toBe("AggregateError\n  1: 'b'");
  });

  it("prints members of groups and causes, however nested, and groups of other makers (R1)", () => {
    const group = new ExceptionGroup(
      "outer",
      [
        new ExceptionGroup("middle", [
          new ExceptionGroup("inner", [new ExceptionGroup("innermost", [new Error("a")])]),
        ]),
        new AggregateError([new Error("b", { cause: new Error("c", { cause: { status: 503 } }) })], "foreign"),
        "thrown text",
      ],
      { cause: new Error("the reason") },
    );
    expect(formatError(group).split("\n")).toEqual([
      "ExceptionGroup: outer",
      "  cause: Error: the reason",
      "  1: ExceptionGroup: middle",
      "    1: ExceptionGroup: inner",
      "      1: ExceptionGroup: innermost",
      "        1: Error: a",
      "  2: AggregateError: foreign",
      "    1: Error: b",
      "      cause: Error: c",
      "        cause: { status: 503 }",
      "  3: 'thrown text'",
    ]);
  });

  it("prints all members of a large group (R1)", () => {
    const group = new ExceptionGroup(
      "many",
      Array.from({ length: 1_000 }, (_, index) => new Error(`number ${index}`)),
    );
    expect(formatError(group).split("\n").at(-1)).toBe("  1000: Error: number 999");
  });

  it("prints an error once, and a cycle not for ever", () => {
    const error = new Error("twice");
    error.cause = error;
    expect(formatError(new ExceptionGroup("both", [error, error])).split("\n")).toEqual([
      "ExceptionGroup: both",
      "  1: Error: twice",
      "    cause: Error: twice [shown above]",
      "  2: Error: twice [shown above]",
    ]);
  });

  it("counts what lies deeper than fifty levels", () => {
    let error: unknown = new Error("the first");
    for (let depth = 0; depth < 100_000; depth++) error = new Error("later", { cause: error });
    const lines = formatError(error).split("\n");
    expect(lines).toHaveLength(52);
    expect(lines.at(-1)).toMatch(/^ +… 1 more below$/);
  });

  it("prints anything that can be thrown, and throws at nothing", () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error("no");
      }
    }
    expect([undefined, null, 5, "text", Symbol("s"), { a: 1 }].map(formatError)).toEqual([
      "undefined",
      "null",
      "5",
      "'text'",
      "Symbol(s)",
      "{ a: 1 }",
    ]);
    expect(formatError(new ExceptionGroup("one", [new Hostile()]))).toBe(
      "ExceptionGroup: one\n  1: [an error that cannot be printed]",
    );
  });
});
