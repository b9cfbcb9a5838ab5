import { format } from "@selvage/scope";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const FORGED = "boom\n    at forged (evil.js:1:1)\nforged@evil.js:1:1";

const lines = (error: unknown): string[] => format(error, { color: false }).split("\n");
const forgedLines = (error: unknown): string[] =>
  lines(error)
    .slice(1)
    .filter((line) => /^ *(at )?forged/.test(line));
const hasFrames = (error: unknown): boolean => lines(error).some((line) => /^ {4}at .*describe-error\.test/.test(line));

/** An error of a class with this name. */
function named(name: unknown, message: string): Error {
  class Named extends Error {
    override get name(): string {
      return name as string;
    }
  }
  return new Named(message);
}

describe("the stack that format prints", () => {
  it.each([
    ["one word", "HttpError"],
    ["a name with a colon", "A: B"],
    ["an empty name", ""],
    ["a name of several lines", "A\n    at b (c.js:1:1)\nd@e:1"],
    ["a name that ends as the message begins", "boom"],
    ["a value that is not a string", 5],
  ])("the printed stack has no frame that the message forges, if the error's name is %s (E7)", (_, name) => {
    for (const message of [
      FORGED,
      FORGED.replace("boom", "ada@host:8080"),
      `\n${FORGED}`,
      `: ${FORGED}`,
      FORGED.slice(5),
    ]) {
      const error = named(name, message);
      expect(forgedLines(error)).toEqual([]);
      expect(hasFrames(error)).toBe(true);
    }
  });

  it("the printed stack has no frame that the name forges (E7)", () => {
    for (const message of ["boom", ""]) {
      const error = named(FORGED, message);
      expect(forgedLines(error)).toEqual([]);
      expect(hasFrames(error)).toBe(true);
    }
  });

  it.each(["other", "", "select 1 - boom", "forged (evil.js:1:1)"])(
    "the stack is printed as one escaped text if the message became %o after the stack was read, as it may forge frames (E7)",
    (message) => {
      const error = new Error(FORGED);
      expect(error.stack).toContain(FORGED);
      error.message = message;
      expect(forgedLines(error)).toEqual([]);
      expect(lines(error)[1]).toMatch(
        /^ {4}stack: "Error: boom\\n {4}at forged \(evil\.js:1:1\)\\nforged@evil\.js:1:1\\n {4}at /,
      );
      expect(lines(error)).toHaveLength(2);
    },
  );

  it("the printed stack has the frames and nothing else, whatever the name and the message are (E7)", () => {
    const parts = ["a", "Error", ": ", "@", "\n", "    at forged (evil.js:1:1)", "forged@evil.js:1:1"];
    const text = fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((words) => words.join(""));
    fc.assert(
      fc.property(text, text, text, (name, before, message) => {
        // As V8 writes it, with the current name or an earlier one that has one line and is not a frame.
        for (const nameThen of [name, before.replaceAll(/[\n@]/g, "")]) {
          const head = nameThen === "" || message === "" ? nameThen + message : `${nameThen}: ${message}`;
          const error = Object.defineProperty(new Error(message), "name", { value: name });
          error.stack = `${head}\n    at real (real.js:1:1)`;
          const [, ...rest] = lines(error);
          if (rest[0]?.startsWith("    stack: ") === true) expect(rest).toHaveLength(1);
          else expect(rest).toEqual(["    at real (real.js:1:1)"]);
          if (nameThen === name && message !== "") expect(rest).toEqual(["    at real (real.js:1:1)"]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("the stack is printed as one escaped text if the message cannot be read (E7)", () => {
    const error = Object.defineProperty(new Error(FORGED), "message", { value: undefined });
    error.stack = `Error: ${FORGED}`;
    expect(lines(error)).toEqual(["Error", expect.stringMatching(/^ {4}stack: "Error: boom\\n {4}at forged/)]);
  });

  it("the printed stack has its frames if the name was changed after the stack was read (E7)", () => {
    const error = new TypeError(FORGED);
    expect(error.stack).toContain("TypeError: boom");
    for (const name of ["Renamed", "A: B", "", "Type"]) {
      Object.assign(error, { name });
      expect(forgedLines(error)).toEqual([]);
      expect(hasFrames(error)).toBe(true);
    }
  });

  it("the printed stack has its frames if the message was set after the stack was written, or if there is none (E7)", () => {
    const error = new RangeError("late");
    for (const name of ["Error", "RangeError", ""]) {
      error.stack = `${name}\n    at f (a.js:1:2)`;
      expect(lines(error)).toEqual(["RangeError: late", "    at f (a.js:1:2)"]);
    }
    expect(hasFrames(new Error(""))).toBe(true);
    expect(hasFrames(named("A: B", ""))).toBe(true);
    expect(hasFrames(named("", ""))).toBe(true);
  });

  it.each(["e", "", "2", "inner"])(
    "a stack written by JavaScriptCore or SpiderMonkey has frames only: message %o (E7)",
    (message) => {
      const frames = [
        "inner@file:///a.js:1:2",
        "@file:///a.js:3:4",
        "map@[native code]",
        "global code@file:///a.js:5:6",
      ];
      for (let first = 0; first < frames.length; first++) {
        const error = new Error(message);
        error.stack = frames.slice(first).join("\n");
        expect(lines(error).slice(1)).toEqual(frames.slice(first).map((line) => `    ${line}`));
      }
    },
  );

  it("the printed stack has no line of a message that looks like a frame of JavaScriptCore (E7)", () => {
    const error = new Error("now");
    error.stack = "Error: meet@noon:10\nada@host:8080 said\n    at f (file:///a.js:10:20)";
    expect(lines(error)).toEqual([
      "Error: now",
      '    stack: "Error: meet@noon:10\\nada@host:8080 said\\n    at f (file:///a.js:10:20)"',
    ]);
  });
});
