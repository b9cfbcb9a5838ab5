import { describe, expect, it } from "vitest";
import { checkOptions } from "../src/runner-options.js";

describe("checkOptions", () => {
  it("takes SIGINT and SIGTERM for the signals unless others are named (R1)", () => {
    expect(checkOptions({})).toEqual({ signals: ["SIGINT", "SIGTERM"], grace: undefined, onError: undefined });
    expect(checkOptions({ signals: ["SIGHUP"], grace: 5 })).toMatchObject({ signals: ["SIGHUP"], grace: 5 });
    expect(checkOptions({ signals: undefined }).signals).toEqual(["SIGINT", "SIGTERM"]);
  });

  it.each([
    [null, "The options must be an object, got null."],
    ["SIGINT", 'The options must be an object, got "SIGINT".'],
    [{ signals: 2 }, 'The option "signals" must be an array of names of signals, got 2.'],
    [{ grace: NaN }, "The grace of a runner must be a number of milliseconds, got NaN."],
    [{ grace: "5s" }, 'The grace of a runner must be a number of milliseconds, got "5s".'],
    [{ onError: true }, "onError must be a function, got true."],
  ])("refuses %j, and says what it wants (R1)", (options, message) => {
    expect(() => checkOptions(options as never)).toThrow(new TypeError(message));
  });
});
