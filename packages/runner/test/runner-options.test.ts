import { describe, expect, it } from "vitest";
import { checkOptions } from "../src/runner-options.js";

describe("checkOptions", () => {
  it("the default signals are SIGINT and SIGTERM (R1)", () => {
    expect(checkOptions({})).toEqual({ signals: ["SIGINT", "SIGTERM"] });
    expect(checkOptions({ signals: ["SIGHUP"], grace: 5 })).toMatchObject({ signals: ["SIGHUP"], grace: 5 });
    expect(checkOptions({ signals: undefined }).signals).toEqual(["SIGINT", "SIGTERM"]);
  });

  it("checkOptions copies the other options (R2, R3)", () => {
    const given = { grace: 0, timeout: Infinity, uncaught: "crash", onError: () => {} } as const;
    expect(checkOptions(given)).toEqual({ signals: ["SIGINT", "SIGTERM"], ...given });
  });

  it.each([
    [null, "The options must be an object, got null."],
    ["SIGINT", 'The options must be an object, got "SIGINT".'],
    [{ signals: 2 }, 'The option "signals" must be an array of names of signals, got 2.'],
    [{ grace: NaN }, "The grace of a runner must be a number of milliseconds, got NaN."],
    [{ grace: "5s" }, 'The grace of a runner must be a number of milliseconds, got "5s".'],
    [{ timeout: NaN }, "The timeout of a runner must be a number of milliseconds, got NaN."],
    [{ timeout: null }, "The timeout of a runner must be a number of milliseconds, got null."],
    [{ uncaught: true }, 'The option "uncaught" must be "cancel" or "crash", got true.'],
    [{ onError: true }, "onError must be a function, got true."],
  ])("checkOptions refuses %j, and says what it expects (R1)", (options, message) => {
    expect(() => checkOptions(options as never)).toThrow(new TypeError(message));
  });
});
