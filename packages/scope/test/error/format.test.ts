import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope, ExceptionGroup, format } from "@selvage/scope";
import { recordCreationSites } from "@selvage/scope/debug";
import { ownerError } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { stackless } from "../stackless.js";

/** An error without a stack, so that the whole output is known. */
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
  it("format prints a tree of the members, numbered (E7)", () => {
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

  it("format prints causes, and the causes of causes (E7)", () => {
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

  it("format prints an error that is not a group, with its causes (E7)", () => {
    expect(lines(bare(new Error("outer", { cause: bare(new Error("inner")) })))).toEqual([
      "Error: outer",
      "└── cause: Error: inner",
    ]);
    expect(lines(bare(new AggregateError([], "empty")))).toEqual(["AggregateError: empty"]);
  });

  it("format prints any AggregateError and SuppressedError as a group (E2)", () => {
    expect(lines(bare(new AggregateError(["a"], "g")))).toEqual(["AggregateError: g", '└── 1: "a"']);
  });

  it("format prints each error's stack, indented below its message (E7)", () => {
    const error = new TypeError("t");
    const frame = error.stack!.split("\n")[1]!.trim();
    expect(frame).toMatch(/^at .*format\.test/);
    const [first, second, third, fourth] = lines(bare(new ExceptionGroup("g", [error, 2])));
    expect([first, second, third]).toEqual(["ExceptionGroup: g", "├── 1: TypeError: t", `│       ${frame}`]);
    expect(fourth).toMatch(/^│ {7}at /);
    expect(lines(error)[1]).toBe(`    ${frame}`);
  });

  it("format prints the current name and message, not those in the stack, and no line twice (E7)", () => {
    const error = new Error("two\n    at a place that is no frame");
    error.name = "Renamed";
    const text = format(error, { color: false });
    expect(text).toMatch(/^Renamed: two\\n {4}at a place that is no frame\n {4}at /);
    expect(text.match(/no frame/g)).toHaveLength(1);
    expect(text).not.toContain("Error: two");
  });

  it("format prints stacks as JavaScriptCore and SpiderMonkey write them (E7)", () => {
    const error = new Error("e");
    error.stack = "inner@file:///a.js:1:2\n@file:///a.js:3:4";
    expect(lines(error)).toEqual(["Error: e", "    inner@file:///a.js:1:2", "    @file:///a.js:3:4"]);
  });

  it("format prints a function as a function, even if it has a message (E7)", () => {
    expect(lines(Object.assign(() => 1, { message: "no error" }))).toEqual(["[function ]"]);
  });

  it("format prints a primitive value each time, because it has no identity (E7)", () => {
    expect(lines(group("g", [null, null, 1, 1]))).toEqual([
      "ExceptionGroup: g",
      "├── 1: null",
      "├── 2: null",
      "├── 3: 1",
      "└── 4: 1",
    ]);
  });

  it("format omits the note about maxDepth if there is nothing below (E7)", () => {
    expect(format(group("g", ["a", group("h", ["b"])]), { color: false, maxDepth: 1 }).split("\n")).toEqual([
      "ExceptionGroup: g",
      '├── 1: "a"',
      "└── 2: ExceptionGroup: h",
      "    └── … 1 more, below maxDepth 1",
    ]);
  });

  it("format prints a message of several lines on one line, so that it cannot forge a line (E7)", () => {
    expect(lines(group("g", [bare(new Error("a\nError: b\n    at c (d:1:2)"))]))).toEqual([
      "ExceptionGroup: g",
      "└── 1: Error: a\\nError: b\\n    at c (d:1:2)",
    ]);
  });

  it("format prints an error without a message, or without a name (E7)", () => {
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
    [{ code: 1, ok: true, none: null, big: 1n }, "{ code: 1, ok: true, none: null, big: 1 }"],
    [[1, "a"], '[1, "a"]'],
    [[], "[]"],
    [Object.create(null), "{}"],
    [new Map([["a", 1]]), "Map {}"],
    [new Uint8Array(8), "[Uint8Array]"],
    [function f() {}, "[function f]"],

    ['say "a"', '"say \\"a\\""'],
  ])("format prints a value that is not an error: %o (E7)", (value, text) => {
    expect(lines(value)).toEqual([text]);
    expect(lines(group("g", [value]))).toEqual(["ExceptionGroup: g", `└── 1: ${text}`]);
  });

  it("format prints values that cannot be read (E7)", () => {
    const refuse = (): never => {
      throw new Error("no");
    };
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const itself: { itself?: unknown } = {};
    itself.itself = itself;
    const unreadable = "[object that cannot be printed]";
    expect(lines(revoked)).toEqual([unreadable]);
    expect(lines(new Proxy({}, { ownKeys: refuse }))).toEqual([unreadable]);
    expect(lines(itself)).toEqual(["{ itself: … }"]);
    expect(lines({ toJSON: refuse })).toEqual(["{ toJSON: … }"]);
    expect(lines({ a: 1, get secret() { return refuse(); } })).toEqual(["{ a: 1 }"]); // prettier-ignore
    expect(lines(new Proxy(new AggregateError([1]), { get: refuse }))).toEqual(["AggregateError {}"]);
    expect(lines(Object.assign(() => {}, { toString: refuse }))).toEqual(["[function ]"]);
    expect(lines(bare(new AggregateError([revoked], "g", { cause: revoked })))).toEqual([
      "AggregateError: g",
      `├── cause: ${unreadable}`,
      `└── 1: ${unreadable} [shown above]`,
    ]);
    const silent = Object.defineProperties(new TypeError("t"), { message: { get: refuse }, cause: { get: refuse } });
    expect(typeof format(silent)).toBe("string");
    const stackless = Object.defineProperties(new TypeError("t"), { stack: { get: refuse }, name: { get: refuse } });
    expect(lines(stackless)).toEqual(["Error: t"]);
  });

  it("format prints cycles through members and causes once (E7)", () => {
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

  it("format prints a repeated error in full only the first time (E7)", () => {
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

  it("format prints down to maxDepth, and says how much it leaves out (E7)", () => {
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

  it("format prints 50 levels of members and of causes by default (E7)", () => {
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

  it("format handles errors 100,000 deep, and prints 1,000 levels if maxDepth allows it (E7)", () => {
    stackless(() => {
      let members: unknown = "leaf";
      let causes: unknown = "root";
      for (let level = 0; level < 100_000; level++) {
        members = new ExceptionGroup("level", [members]);
        causes = new Error("e", { cause: causes });
      }
      for (const deep of [members, causes]) {
        expect(lines(deep).at(-1)).toMatch(/1 more, below maxDepth 50$/);
        expect(lines(deep, { maxDepth: 1_000 })).toHaveLength(1_002);
        const all = format(deep, { color: false, maxDepth: Infinity });
        expect(all.length).toBeLessThan(1_000_000);
        expect(all).toMatch(/\n… truncated: an error is printed up to a megabyte$/);
      }
    });
  });

  it("format indents no deeper than 50 levels (E7)", () => {
    let causes: unknown = "root";
    for (let level = 0; level < 60; level++) causes = bare(new Error("e", { cause: causes }));
    const printed = lines(causes, { maxDepth: Infinity });
    expect(printed.at(-1)).toBe(`${" ".repeat(200)}└── cause: "root"`);
    expect(printed.at(-11)).toBe(`${" ".repeat(196)}└── cause: Error: e`);
  });

  it("format prints the first members of a group, then how many more there are (E7)", () => {
    const many = group(
      "g",
      Array.from({ length: 100_000 }, (_, index) => index),
    );
    const printed = lines(many);
    expect(printed).toHaveLength(102);
    expect(printed.slice(-2)).toEqual(["├── 100: 99", "└── … 99900 more, beyond maxMembers 100"]);
    expect(lines(group("g", [1, 2, 3]), { maxMembers: 2 })).toEqual([
      "ExceptionGroup: g",
      "├── 1: 1",
      "├── 2: 2",
      "└── … 1 more, beyond maxMembers 2",
    ]);
    expect(lines(group("g", [1, 2]), { maxMembers: 2 })).toHaveLength(3);
    expect(lines(many, { maxMembers: Infinity }).at(-1)).toMatch(/^(└── 100000: 99999|… truncated.*)$/);
  });

  it("format truncates a value that is not an error at 1,000 characters (E7)", () => {
    for (const value of [
      "x".repeat(100_000_000),
      Array(1_000_000).fill("x"),
      { key: "x".repeat(5_000) },
      Symbol("x".repeat(5_000)),
    ]) {
      expect(format(value, { color: false }).length).toBeLessThanOrEqual(1_000);
      expect(format(value, { color: false })).toMatch(/^.{990,}…/);
    }
    expect(format(new Array(4_000_000_000), { color: false }).length).toBeLessThanOrEqual(1_000);
    expect(format(new String("x".repeat(100_000_000)), { color: false }).length).toBeLessThanOrEqual(1_000);
  });

  it("format does not print the digits of a bigint that would take more than linear time (E7)", () => {
    expect(lines(10n ** 5_000_000n)).toEqual(["[a long bigint]"]);
    expect(lines(-(10n ** 5_000_000n))).toEqual(["[a long bigint]"]);
  });

  it("format does not follow the objects in a value that is not an error (E7)", () => {
    const error = bare(new Error("x", { cause: { id: 7, env: { TOKEN: "secret" }, list: ["secret"] } }));
    expect(lines(error)).toEqual(["Error: x", "└── cause: { id: 7, env: …, list: … }"]);
    expect(lines([{ TOKEN: "secret" }, 1])).toEqual(["[…, 1]"]);
  });

  it("format prints an error's own primitive data below its stack, and no objects (R1)", () => {
    const error = Object.assign(bare(new Error("refused")), {
      code: "ECONNREFUSED",
      port: 80,
      socket: { secret: true },
      close() {},
    });
    expect(lines(error)).toEqual(["Error: refused", '    { code: "ECONNREFUSED", port: 80 }']);
    const secret = Object.defineProperty(bare(new Error("e")), "secret", { get: () => "secret", enumerable: true });
    expect(lines(secret)).toEqual(["Error: e"]);
    const long = Object.assign(
      bare(new Error("e")),
      Object.fromEntries(Array.from({ length: 9_999 }, (_, i) => [`k${i}`, i])),
    );
    expect(lines(long)[1]!.length).toBeLessThan(1_100);
    expect(lines(Object.assign(bare(new Error("e")), { "a\nb": "c\nd" }))[1]).toBe('    { a\\nb: "c\\nd" }');
  });

  it("format prints each error of a SuppressedError once, also of a down-levelled one (E7)", () => {
    const suppressed = Object.assign(bare(new Error("disposal")), {
      name: "SuppressedError",
      error: "a",
      suppressed: "b",
    });
    expect(lines(suppressed)).toEqual(["SuppressedError: disposal", '├── 1: "a"', '└── 2: "b"']);
  });

  it("format escapes names, messages, frames and values (E7)", () => {
    const unsafe = "\n\r\x1b[2J\x9b\u2028\u202e";
    const escaped = "\\n\\r\\x1b[2J\\x9b\\u2028\\u202e";
    const error = Object.assign(new Error(unsafe, { cause: unsafe }), { name: unsafe });
    error.stack = `Error: ${unsafe}\n    at \x1b[2J\u202e (a.js:1:2)`;
    expect(lines(error)).toEqual([
      `${escaped}: ${escaped}`,
      "    at \\x1b[2J\\u202e (a.js:1:2)",
      `└── cause: "${escaped}"`,
    ]);
    expect(lines({ [unsafe]: unsafe })).toEqual([`{ ${escaped}: "${escaped}" }`]);
    expect(lines(Symbol(unsafe))).toEqual([`Symbol(${escaped})`]);
    expect(lines(Object.defineProperty(() => {}, "name", { value: unsafe }))).toEqual([`[function ${escaped}]`]);
  });

  it("format prints the name of the task before each member, and no name before the body's error (E8)", () => {
    const failed = ownerError(
      "TaskGroup",
      "page",
      [
        { error: bare(new Error("no such user")), task: "load\nuser" },
        { error: "text", task: undefined },
      ],
      [bare(new Error("aborted"))],
    );
    expect(lines(bare(failed)).slice(1)).toEqual([
      '├── 1: task "load\\nuser": Error: no such user',
      '├── 2: "text"',
      "└── unwound: Error: aborted",
    ]);
  });

  it("format prints where the task was created, if that was recorded (E8)", async () => {
    const failed = async (): Promise<Error> => {
      const set = new TaskOwner("TaskGroup", { parent: null }, { taskEnded() {} });
      const task = set.createTask(() => Promise.reject(bare(new Error("e"))), { name: "t" });
      await set.finish();
      return bare(ownerError("TaskGroup", "page", [{ error: task.exception(), task: "t" }]));
    };
    expect(lines(await failed())[1]).toBe('└── 1: task "t": Error: e');
    const recording = recordCreationSites();
    const group = await failed();
    recording[Symbol.dispose]();
    expect(lines(group)[1]).toMatch(/^└── 1: task "t" \(created at .*format\.test\.ts:\d+:\d+\)?\): Error: e$/);
  });

  it("format prints a cancellation with its cause, and without the tree (S7)", () => {
    const scope = new CancelScope({ name: "page" });
    scope.cancel("why");
    expect(lines(bare(scope.reason!))).toEqual(['AbortError: "page" was cancelled: why', '└── cause: "why"']);
  });

  it.each([
    { maxDepth: -1 },
    { maxDepth: NaN },
    { maxDepth: "1" },
    { maxDepth: 0.5 },
    { maxDepth: -Infinity },
    { maxMembers: -1 },
    { maxMembers: 1.5 },
    { maxMembers: 1n },
    { maxMembers: null },
    { color: "yes" },
    { color: null },
  ])("format throws a TypeError for a wrong option: %o (E7)", (options) => {
    expect(() => format(new Error("e"), options as never)).toThrow(TypeError);
  });

  it("the error for a wrong option states the expected and the received value (E7)", () => {
    expect(() => format(new Error("e"), { maxMembers: 1.5 })).toThrow(
      "maxMembers must be an integer that is not negative, or Infinity, got 1.5.",
    );
  });

  it("format throws for options that are not an object (E7)", () => {
    expect(() => format(new Error("e"), 5 as never)).toThrow(TypeError);
    expect(() => format(new Error("e"), null as never)).toThrow(TypeError);
  });

  describe("with a hostile value", () => {
    /** Checks that `format` ends in bounded time and prints a bounded text. */
    function bounded(value: unknown): string {
      const start = performance.now();
      let text = "";
      stackless(() => {
        for (const maxDepth of [50, Infinity]) {
          for (const maxMembers of [100, Infinity]) text = format(value, { color: false, maxDepth, maxMembers });
        }
      });
      expect(performance.now() - start).toBeLessThan(5_000); // linear: milliseconds; otherwise minutes, or no end
      expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
      return text;
    }

    const endless = (key: string, invent: () => unknown): Error =>
      Object.defineProperty(new AggregateError([], "endless"), key, { get: invent });

    it("format ends on a getter that makes members or causes without end (E7)", () => {
      const causes = (): Error => endless("cause", causes);
      const members = (): Error => endless("errors", () => [members()]);
      const many = (): Error => endless("errors", () => Array.from({ length: 9 }, many));
      for (const make of [causes, members, many]) bounded(make());
    });

    it("format ends on a list with a false length or an endless iterator (E7)", () => {
      for (const length of [2 ** 53 - 1, 2 ** 32, Infinity, -1, NaN, "9", {}]) {
        const errors = new Proxy([], { get: (_, key) => (key === "length" ? length : 1) });
        bounded(Object.defineProperty(new AggregateError([], "g"), "errors", { value: errors }));
      }
      const errors = Object.assign([1], {
        *[Symbol.iterator]() {
          for (;;) yield 1;
        },
      });
      bounded(Object.defineProperty(new AggregateError([], "g"), "errors", { value: errors }));
    });

    it.each([
      ["a line of @", "@".repeat(80_000)],
      ["a line of spaces", `${" ".repeat(80_000)}x`],
      ["a line of colons and digits", `@${":1".repeat(80_000)}x`],
      ["two million lines", "    at f (a.js:1:2)\n".repeat(2_000_000)],
    ])("format takes linear time for a stack with %s (E7)", (_, stack) => {
      bounded(Object.assign(new Error("e"), { stack }));
      bounded(Object.assign(new Error("a".repeat(50_000)), { stack: `Error: ${"a".repeat(100_000)}` }));
    });

    it("format takes time linear in its output for 3,000 long stacks without frames (E7)", () => {
      for (const line of ["x\n", "@\n", `${" ".repeat(5_000)}x\n`]) {
        const stack = `Error: e\n${line.repeat(100_000 / line.length)}`;
        const make = (): Error => Object.assign(new Error("e"), { stack });
        const times = <T>(length: number, each: () => T): T[] => Array.from({ length }, each);
        bounded(
          stackless(() =>
            group(
              "g",
              times(30, () => group("h", times(100, make))),
            ),
          ),
        );
      }
    });

    it("format prints at most a megabyte (E7)", () => {
      const big = "é".repeat(200_000);
      bounded(
        group(
          big,
          Array.from({ length: 100 }, () => new Error(big, { cause: big })),
        ),
      );
      const wide = (depth: number): unknown =>
        depth === 0 ? "leaf" : new AggregateError(Array.from({ length: 30 }, () => wide(depth - 1)));
      expect(bounded(wide(4))).toContain("… truncated");
    });
  });

  /** Whether a text has a character that moves a cursor, starts a line or reverses text. */
  const isUnsafe = (text: string): boolean =>
    Array.from(text).some((character) => {
      const code = character.codePointAt(0)!;
      return (
        code < 0x20 ||
        (code >= 0x7f && code < 0xa0) ||
        (code >= 0x2028 && code <= 0x202e) ||
        (code >= 0x2066 && code <= 0x2069)
      );
    });

  it("format never throws, and prints no control character, whatever the value is (E7)", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\n", "\x1b", "\u202e", "a", ":") }),
    );
    const anything = fc.anything({
      key: text,
      values: [text, fc.bigInt(), fc.double()],
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withObjectString: true,
    });
    const { error: errors } = fc.letrec<{ error: unknown; value: unknown }>((tie) => ({
      value: fc.oneof({ maxDepth: 4, depthSize: "small" }, anything, tie("error")),
      error: fc
        .record({
          name: text,
          message: text,
          stack: text,
          cause: tie("value"),
          errors: fc.array(tie("value"), { maxLength: 4 }),
          data: anything,
        })
        .map(({ message, errors, data, ...rest }) => {
          const error = new AggregateError(errors, message);
          for (const [key, value] of [...Object.entries(Object(data) as object), ...Object.entries(rest)]) {
            Reflect.defineProperty(error, key, { value, enumerable: true });
          }
          return error;
        }),
    }));
    fc.assert(
      fc.property(fc.oneof(anything, errors), (value) => {
        const printed = format(value, { color: false });
        expect(Buffer.byteLength(printed)).toBeLessThan(1_000_000);
        for (const line of printed.split("\n")) {
          expect(isUnsafe(line)).toBe(false);
          expect(line === printed.split("\n")[0] || /^( |│|├|└|…)/.test(line)).toBe(true);
        }
      }),
    );
  });

  describe("color", () => {
    const escape = "\x1b[";

    afterEach(() => {
      vi.unstubAllEnvs();
      vi.unstubAllGlobals();
    });

    /** Prints an error as a process does whose standard output is, or is not, a terminal. */
    function printed(isTTY: boolean | undefined, env: Record<string, string> = {}): string {
      vi.stubGlobal("process", { env, stdout: isTTY === undefined ? {} : { isTTY } });
      return format(new Error("e"));
    }

    it("the color option turns colour on and off (E7)", () => {
      expect(format(new Error("e"), { color: true })).toContain(`${escape}31mError: e${escape}0m`);
      expect(format(new Error("e"), { color: true })).toContain(`    ${escape}2mat `);
      vi.stubGlobal("process", { env: {}, stdout: { isTTY: true } });
      expect(format(new Error("e"), { color: false })).not.toContain(escape);
    });

    it("colour is on by default only on a terminal (E7)", () => {
      expect(printed(true)).toContain(escape);
      expect(printed(false)).not.toContain(escape);
      expect(printed(undefined)).not.toContain(escape);
    });

    it("colour is off if there is no process, or if its properties cannot be read (E7)", () => {
      vi.stubGlobal("process", undefined);
      expect(format(new Error("e"))).not.toContain(escape);
      vi.stubGlobal("process", {
        get env() {
          throw new Error("not allowed");
        },
      });
      expect(format(new Error("e"))).not.toContain(escape);
    });

    it("colour is off if NO_COLOR is set, and is never on without a terminal (E7)", () => {
      expect(printed(true, { NO_COLOR: "1" })).not.toContain(escape);
      expect(printed(true, { NO_COLOR: "1", FORCE_COLOR: "1" })).not.toContain(escape);
      expect(printed(true, { NO_COLOR: "" })).toContain(escape);
      expect(printed(false, { FORCE_COLOR: "1" })).not.toContain(escape);
    });
  });
});
