/**
 * Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and
 * loses nothing.
 */
import { CancelScope } from "@selvage/scope";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { run, Runner, type RunnerOptions } from "../src/index.js";
import { Programs } from "./programs.js";
import { raise, thrown } from "./thrown.js";

/** The codes that the process would have exited with, and what was printed for its user. */
let exits: unknown[];
let printed: string[];
beforeEach(() => {
  exits = [];
  printed = [];
  vi.spyOn(process, "exit").mockImplementation((code) => exits.push(code) as never);
  vi.spyOn(process.stderr, "write").mockImplementation((text, done?: unknown) => {
    if (text !== "") printed.push(String(text));
    (done as () => void)();
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** No signal: the tests run beside others in one process. */
const signals = [] as const;

describe("a main", () => {
  it.each(hostileThenables)("a main may return a thenable that %s", async (_, thenable, expected) => {
    const reported: unknown[] = [];
    const ended = run(() => thenable(), { signals, onError: (error) => reported.push(error) });
    if ("value" in expected) {
      expect(await ended).toBe(expected.value);
    } else {
      await expect(ended).rejects.toEqual(expected.error);
      expect([reported, exits]).toEqual([[expected.error], [1]]);
    }
  });

  it.each(thrown)(
    "a main may throw %s, or reject with it: it is printed or passed to onError unchanged, and the exit code is 1 (R1)",
    async (_, make) => {
      const value = make();
      const throwing = (): never => {
        throw value;
      };
      let same = 0;
      const compare = (error: unknown): void => {
        if (Object.is(error, value)) same++;
      };
      for (const main of [throwing, () => Promise.reject(value)]) {
        await run(main, { signals, onError: compare }).catch(compare);
        await run(main, { signals }).catch(compare);
      }
      expect([same, exits]).toEqual([6, [1, 1, 1, 1]]);
      expect(printed).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
    },
  );

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a promise", Promise.resolve()],
    ["an object without a prototype", Object.create(null)],
  ])("a main that is %s is refused, and another may follow", async (_, main) => {
    expect(() => run(main as () => void, { signals })).toThrow(/must be a function, got/);
    expect(await run(() => "another", { signals })).toBe("another");
  });

  it("a main may cancel its scope, close the runner and start another main, which is refused, all at once", async () => {
    const runner = new Runner({ signals });
    const ended = runner.run((scope) => {
      scope.cancel("own");
      expect(() => runner.run(raise)).toThrow("already running in this process");
      runner.close();
      runner.close();
      return "value";
    });
    expect(await ended).toBe("value");
    expect(() => runner.run(raise)).toThrow("closed");
    expect(await run(() => "another", { signals })).toBe("another");
  });
});

describe("an uncaught error", { timeout: 60_000 }, () => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await Programs.translate();
  }, 60_000);
  afterAll(() => {
    programs.remove();
  });

  it.each(thrown)(
    "an uncaught error may be %s: it cancels the main and is printed like all others (R3)",
    async (name) => {
      const index = thrown.findIndex(([each]) => each === name);
      const ends = await Promise.all(
        ["throw", "reject"].map((how) => programs.start("hostile", how, `${index}`).end()),
      );
      for (const { code, stdout, stderr } of ends) {
        expect([code, stdout]).toEqual([1, ["unwinds"]]);
        expect(stderr).toMatch(new RegExp(`^ExceptionGroup: ${thrown.length} errors ended the program\n`));
        expect(stderr.match(/^[├└]── \d+: ./gm)).toHaveLength(thrown.length);
      }
    },
  );
});

describe("onError", () => {
  it.each<[string, () => unknown]>([
    ["throws", raise],
    ["rejects", () => Promise.reject(new Error("hostile"))],
    ["returns a thenable that throws", () => ({ then: raise })],
  ])("onError may fail, and both errors are printed: it %s", async (_, onError) => {
    await expect(run(() => Promise.reject(new TypeError("main")), { signals, onError })).rejects.toThrow("main");
    expect(exits).toEqual([1]);
    expect(printed.join("")).toMatch(/TypeError: main[^]*Error: hostile/);
  });
});

describe("options", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["a number", 5],
    ["a string", "SIGINT"],
    ["a function", raise],
  ])("options that are %s are refused", (_, options) => {
    expect(() => new Runner(options as RunnerOptions)).toThrow(/^The options must be an object, got/);
    expect(() => run(raise, options as RunnerOptions)).toThrow(/^The options must be an object, got/);
  });

  it.each<[string, object]>([
    ["signals", { signals: "SIGINT" }],
    ["signals", { signals: new Set(["SIGINT"]) }],
    ["signals", { signals: [2] }],
    ["signals", { signals: [,] }], // eslint-disable-line no-sparse-arrays
    ["SIGKILL", { signals: ["SIGKILL"] }],
    ["toString", { signals: ["toString"] }],
    ["grace", { grace: "5" }],
    ["grace", { grace: NaN }],
    ["timeout", { timeout: "5" }],
    ["timeout", { timeout: NaN }],
    ["timeout", { timeout: 5n }],
    ["uncaught", { uncaught: "explode" }],
    ["uncaught", { uncaught: null }],
    ["uncaught", { uncaught: ["cancel"] }],
    ["onError", { onError: {} }],
    ["onError", { onError: null }],
  ])("options are refused if %s is wrong, and no listener is added: %o", (name, options) => {
    const before = process.eventNames().length;
    expect(() => run(raise, options)).toThrow(name);
    expect(process.eventNames()).toHaveLength(before);
  });

  it.each(["signals", "grace", "timeout", "uncaught", "onError"])(
    "options pass on what reading %s throws, and another main may run",
    async (name) => {
      expect(() => run(() => {}, Object.defineProperty({ signals }, name, { get: raise }))).toThrow("hostile");
      expect(await run(() => "another", { signals })).toBe("another");
    },
  );

  it("options may have no prototype, be frozen, or be a proxy", async () => {
    for (const odd of [
      Object.assign(Object.create(null) as object, { signals }),
      Object.freeze({ signals }),
      new Proxy({ signals }, {}),
    ]) {
      expect(await run((scope) => scope instanceof CancelScope, odd)).toBe(true);
    }
  });
});
