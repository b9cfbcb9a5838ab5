import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ExceptionGroup, format } from "../src/index.js";
import { deepGroup, suppressedError } from "./outline.js";
import { randomGroup } from "./random-group.js";
import { withoutStacks } from "./without-stacks.js";

/** An error without a stack, so that the whole text is known. */
function bare(error: Error): Error {
  return Object.defineProperty(error, "stack", { value: undefined });
}

/** A group without a stack. */
function group(message: string, errors: unknown[], options?: { cause?: unknown }): Error {
  return bare(new ExceptionGroup(message, errors, options));
}

function lines(error: unknown, options: Parameters<typeof format>[1] = { color: false }): string[] {
  return format(error, { color: false, ...options }).split("\n");
}

describe("format", () => {
  it("prints a tree of the members, numbered (E7)", () => {
    const error = group("upload failed", [
      bare(new TypeError("no file")),
      group("2 of 3 parts", [bare(new Error("refused")), bare(new RangeError("part 9"))]),
      bare(new Error("slow")),
    ]);
    expect(lines(error)).toEqual([
      "ExceptionGroup: upload failed",
      "├── 1: TypeError: no file",
      "├── 2: ExceptionGroup: 2 of 3 parts",
      "│   ├── 1: Error: refused",
      "│   └── 2: RangeError: part 9",
      "└── 3: Error: slow",
    ]);
  });

  it("prints causes, and the causes of causes (E7)", () => {
    const root = bare(new Error("root", { cause: "text" }));
    const error = group("g", [bare(new TypeError("t", { cause: root })), 2], { cause: bare(new Error("why")) });
    expect(lines(error)).toEqual([
      "ExceptionGroup: g",
      "├── cause: Error: why",
      "├── 1: TypeError: t",
      "│   └── cause: Error: root",
      '│       └── cause: "text"',
      "└── 2: 2",
    ]);
  });

  it("prints an error that is no group, with its causes (E7)", () => {
    expect(lines(bare(new Error("outer", { cause: bare(new Error("inner")) })))).toEqual([
      "Error: outer",
      "└── cause: Error: inner",
    ]);
    expect(lines(bare(new AggregateError([], "empty")))).toEqual(["AggregateError: empty"]);
  });

  it("prints any AggregateError and SuppressedError as a group (E2)", () => {
    expect(lines(bare(new AggregateError(["a"], "g")))).toEqual(["AggregateError: g", '└── 1: "a"']);
    expect(lines(bare(suppressedError("a", "b"))).slice(1)).toEqual(['├── 1: "a"', '└── 2: "b"']);
  });

  it("prints each error's stack, indented below its message (E7)", () => {
    const error = new TypeError("t");
    const frame = error.stack!.split("\n")[1]!.trim();
    expect(frame).toMatch(/^at .*format\.test/);
    const [first, second, third, fourth] = lines(bare(new ExceptionGroup("g", [error, 2])));
    expect([first, second, third]).toEqual(["ExceptionGroup: g", "├── 1: TypeError: t", `│       ${frame}`]);
    expect(fourth).toMatch(/^│ {7}at /);
    expect(lines(error)[1]).toBe(`    ${frame}`);
  });

  it("prints the name and message of now, not of the stack, and no line twice (E7)", () => {
    const error = new Error("two\n    at a place that is no frame");
    error.name = "Renamed";
    const text = format(error, { color: false });
    expect(text).toMatch(/^Renamed: two\n {4}at a place that is no frame\n {4}at /);
    expect(text.match(/no frame/g)).toHaveLength(1);
    expect(text).not.toContain("Error: two");
  });

  it("prints stacks as JavaScriptCore and SpiderMonkey write them (E7)", () => {
    const error = new Error("e");
    error.stack = "inner@file:///a.js:1:2\n@file:///a.js:3:4";
    expect(lines(error)).toEqual(["Error: e", "    inner@file:///a.js:1:2", "    @file:///a.js:3:4"]);
  });

  it("takes no line of a message that has changed since for a frame (E7)", () => {
    const error = new Error("now");
    error.stack = "Error: meet me at noon\nada@host:8080 said\n    at f (file:///a.js:10:20)\ng@file:///a.js:10:20";
    expect(lines(error)).toEqual(["Error: now", "    at f (file:///a.js:10:20)", "    g@file:///a.js:10:20"]);
  });

  it("prints a function as what it is, though it has a message (E7)", () => {
    expect(lines(Object.assign(() => 1, { message: "no error" }))).toEqual(["() => 1"]);
  });

  it("prints what is no object each time, for it is not the same one (E7)", () => {
    expect(lines(group("g", [null, null, 1, 1]))).toEqual([
      "ExceptionGroup: g",
      "├── 1: null",
      "├── 2: null",
      "├── 3: 1",
      "└── 4: 1",
    ]);
  });

  it("says nothing of what is below maxDepth where nothing is (E7)", () => {
    expect(format(group("g", ["a", group("h", ["b"])]), { color: false, maxDepth: 1 }).split("\n")).toEqual([
      "ExceptionGroup: g",
      '├── 1: "a"',
      "└── 2: ExceptionGroup: h",
      "    └── … 1 more, below maxDepth 1",
    ]);
  });

  it("indents messages of several lines (E7)", () => {
    expect(lines(group("g", [bare(new Error("a\nb")), bare(new Error("c\nd"))]))).toEqual([
      "ExceptionGroup: g",
      "├── 1: Error: a",
      "│   b",
      "└── 2: Error: c",
      "    d",
    ]);
  });

  it("prints an error without a message, or without a name (E7)", () => {
    expect(lines(bare(new RangeError()))).toEqual(["RangeError"]);
    expect(lines({ message: "like an error", stack: undefined })).toEqual(["Error: like an error"]);
    expect(lines(bare(Object.assign(new Error("e"), { name: 42 })))).toEqual(["Error: e"]);
  });

  it.each([
    ["text", '"text"'],
    [undefined, "undefined"],
    [null, "null"],
    [42, "42"],
    [1n, "1"],
    [Symbol("s"), "Symbol(s)"],
    [{ code: 1 }, '{"code":1}'],
    [[1, "a"], '[1,"a"]'],
    [Object.create(null), "{}"],
  ])("prints what is no error: %o (E7)", (value, text) => {
    expect(lines(value)).toEqual([text]);
    expect(lines(group("g", [value]))).toEqual(["ExceptionGroup: g", `└── 1: ${text}`]);
  });

  it("prints what refuses to be read (E7)", () => {
    const refuse = (): never => {
      throw new Error("no");
    };
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const itself: { itself?: unknown } = {};
    itself.itself = itself;
    const unreadable = "[object that cannot be printed]";
    expect(lines(revoked)).toEqual([unreadable]);
    expect(lines(itself)).toEqual([unreadable]);
    expect(lines({ toJSON: refuse })).toEqual([unreadable]);
    expect(lines(new Proxy(new AggregateError([1]), { get: refuse }))).toEqual([unreadable]);
    expect(lines(Object.assign(() => {}, { toString: refuse }))).toEqual(["[function that cannot be printed]"]);
    const silent = Object.defineProperties(new TypeError("t"), { message: { get: refuse }, cause: { get: refuse } });
    expect(typeof format(silent)).toBe("string");
    const stackless = Object.defineProperties(new TypeError("t"), { stack: { get: refuse }, name: { get: refuse } });
    expect(lines(stackless)).toEqual(["Error: t"]);
  });

  it("prints cycles through members and causes once around (E7)", () => {
    const cyclic = new AggregateError([bare(new Error("a"))], "g");
    cyclic.errors.push(bare(cyclic));
    cyclic.cause = bare(new Error("b", { cause: cyclic }));
    expect(lines(cyclic)).toEqual([
      "AggregateError: g",
      "├── cause: Error: b",
      "│   └── cause: AggregateError: g [circular]",
      "├── 1: Error: a",
      "└── 2: AggregateError: g [circular]",
    ]);
    const own = bare(new Error("own"));
    own.cause = own;
    expect(lines(own)).toEqual(["Error: own", "└── cause: Error: own [circular]"]);
  });

  it("prints in full only the first time what occurs again (E7)", () => {
    const shared = bare(new Error("shared", { cause: "why" }));
    expect(lines(group("g", [shared, shared, "text", "text"]))).toEqual([
      "ExceptionGroup: g",
      "├── 1: Error: shared",
      '│   └── cause: "why"',
      "├── 2: Error: shared [shown above]",
      '├── 3: "text"',
      '└── 4: "text"',
    ]);
  });

  it("prints down to maxDepth, and says what it leaves out (E7)", () => {
    const error = group("g", [group("h", [group("i", [1, 2])]), 3]);
    expect(lines(error, { maxDepth: 1 })).toEqual([
      "ExceptionGroup: g",
      "├── 1: ExceptionGroup: h",
      "│   └── … 1 more, below maxDepth 1",
      "└── 2: 3",
    ]);
    expect(lines(error, { maxDepth: 2 })).toContain("│       └── … 2 more, below maxDepth 2");
    expect(lines(error, { maxDepth: 0 })).toEqual(["ExceptionGroup: g", "└── … 2 more, below maxDepth 0"]);
    expect(lines(error, { maxDepth: 3 })).toEqual(lines(error));
  });

  it("prints 50 levels unless told otherwise, of members and of causes (E7)", () => {
    let [members, causes]: unknown[] = ["leaf", "leaf"];
    for (let level = 0; level < 60; level++) {
      members = group(`m${level}`, [members]);
      causes = bare(new Error(`c${level}`, { cause: causes }));
    }
    for (const [error, last] of [
      [members, "ExceptionGroup: m9"],
      [causes, "Error: c9"],
    ]) {
      const printed = lines(error);
      expect(printed).toHaveLength(52);
      expect(printed.at(-2)).toMatch(new RegExp(`${String(last)}$`));
      expect(printed.at(-1)).toMatch(/… 1 more, below maxDepth 50$/);
    }
  });

  it(
    "works 100,000 deep, and prints 1,000 levels if asked to (E7)",
    withoutStacks(() => {
      expect(lines(deepGroup("leaf", 100_000)).at(-1)).toMatch(/1 more, below maxDepth 50$/);
      let causes: unknown = "root";
      for (let level = 0; level < 100_000; level++) causes = bare(new Error("e", { cause: causes }));
      expect(lines(causes)).toHaveLength(52);
      expect(lines(causes, { maxDepth: 1_000 })).toHaveLength(1_002);
    }),
  );

  it("never throws, and prints every message of any group (E7)", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }), (value) => {
        expect(typeof format(new AggregateError([value], "g", { cause: value }))).toBe("string");
        expect(typeof format(value)).toBe("string");
      }),
    );
    fc.assert(
      fc.property(randomGroup, (error) => {
        const numbered = lines(error).filter((line) => /── \d+: /.test(line));
        const count = (inner: unknown): number =>
          inner instanceof AggregateError
            ? inner.errors.reduce((sum: number, member) => sum + 1 + count(member), 0)
            : 0;
        expect(numbered.length).toBe(count(error));
      }),
    );
  });

  describe("color", () => {
    const escape = "\x1b[";

    afterEach(() => {
      vi.unstubAllEnvs();
      vi.unstubAllGlobals();
    });

    /** Prints an error as a process would whose standard output is, or is not, a terminal. */
    function printed(isTTY: boolean | undefined, env: Record<string, string> = {}): string {
      vi.stubGlobal("process", { env, stdout: isTTY === undefined ? {} : { isTTY } });
      return format(new Error("e"));
    }

    it("is there if asked for, and only then where it was said (E7)", () => {
      expect(format(new Error("e"), { color: true })).toContain(`${escape}31mError: e${escape}0m`);
      expect(format(new Error("e"), { color: true })).toContain(`    ${escape}2mat `);
      vi.stubGlobal("process", { env: {}, stdout: { isTTY: true } });
      expect(format(new Error("e"), { color: false })).not.toContain(escape);
    });

    it("is there on a terminal only (E7)", () => {
      expect(printed(true)).toContain(escape);
      expect(printed(false)).not.toContain(escape);
      expect(printed(undefined)).not.toContain(escape);
    });

    it("is not there where there is no process, or none that may be asked (E7)", () => {
      vi.stubGlobal("process", undefined);
      expect(format(new Error("e"))).not.toContain(escape);
      vi.stubGlobal("process", {
        get env() {
          throw new Error("not allowed");
        },
      });
      expect(format(new Error("e"))).not.toContain(escape);
    });

    it("obeys NO_COLOR, and is never sent where there is no terminal (E7)", () => {
      expect(printed(true, { NO_COLOR: "1" })).not.toContain(escape);
      expect(printed(true, { NO_COLOR: "1", FORCE_COLOR: "1" })).not.toContain(escape);
      expect(printed(true, { NO_COLOR: "" })).toContain(escape);
      expect(printed(false, { FORCE_COLOR: "1" })).not.toContain(escape);
    });
  });
});
