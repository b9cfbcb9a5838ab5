/** Arguments that callers should not pass, but some will. Each is refused synchronously, and nothing is started. */
import { existsSync } from "node:fs";
import { Writable } from "node:stream";
import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand, startCommand } from "../src/index.js";
import { Meeting } from "./processes.js";

let meeting: Meeting;
let scope: CancelScope;

beforeEach(() => {
  meeting = new Meeting();
  scope = new CancelScope();
});

afterEach(() => {
  scope.close();
  meeting[Symbol.dispose]();
});

const raise = (): never => {
  throw new Error("hostile");
};

describe.each([
  ["runCommand", runCommand],
  ["startCommand", startCommand],
])("%s", (_, start: (...args: never[]) => unknown) => {
  function refused(args: unknown[], error: Error | RegExp | typeof TypeError): void {
    expect(() => start(...(args as never[]))).toThrow(error);
    expect(describeTree(scope)).toBe("scope: live");
  }

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a function", raise],
    ["an object", {}],
    ["a proxy that refuses everything", new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise })],
  ])("refuses %s as a scope", (_title, wrong) => {
    const file = meeting.file("started");
    expect(() => start(...([wrong, "touch", [file]] as never[]))).toThrow();
    expect(existsSync(file)).toBe(false);
  });

  it.each<[unknown, string]>([
    [undefined, "The command must be a string, got undefined."],
    [["true"], "The command must be a string, got an array."],
    [1, "The command must be a string, got 1."],
    ["a\0b", 'The command must not contain a null character, got "a\\u0000b".'],
  ])("refuses %o as a command", (command, message) => {
    refused([scope, command], new TypeError(message));
  });

  it("refuses an empty command", () => {
    refused([scope, ""], new RangeError("The command must not be empty."));
  });

  it.each<[unknown, string]>([
    ["-r", 'The arguments of a command must be an array of strings, got "-r".'],
    [null, "The arguments of a command must be an array of strings, got null."],
    [{ output: "lines" }, "The arguments of a command must be an array of strings, got an object."],
    [[1], "Each argument of a command must be a string, got 1."],
    [["a", undefined], "Each argument of a command must be a string, got undefined."],
    [["\0"], 'Each argument of a command must not contain a null character, got "\\u0000".'],
  ])("refuses %o as arguments", (args, message) => {
    refused([scope, "true", args], new TypeError(message));
  });

  it("refuses holes in the arguments", () => {
    const holed: string[] = [];
    holed.length = 2;
    refused([scope, "true", holed], new TypeError("Each argument of a command must be a string, got undefined."));
  });

  it.each<[object | null, Error]>([
    [null, new TypeError("The options must be an object, got null.")],
    [{ grace: "5s" }, new TypeError('The grace of a command must be a number, got "5s".')],
    [{ grace: NaN }, new TypeError("The grace of a command must be a number, got NaN.")],
    [{ grace: -1 }, new RangeError("The grace of a command must be at least 0, got -1.")],
    [{ signal: 15 }, new TypeError('The signal must be the name of a signal, such as "SIGTERM", got 15.')],
    [{ signal: "TERM" }, new RangeError('There is no signal "TERM" on this system: use a name such as "SIGTERM".')],
    [
      { signal: "constructor" },
      new RangeError('There is no signal "constructor" on this system: use a name such as "SIGTERM".'),
    ],
    [{ input: 1 }, new TypeError('The option "input" must be a string, a Uint8Array, a Readable or "inherit", got 1.')],
    [
      { input: {} },
      new TypeError('The option "input" must be a string, a Uint8Array, a Readable or "inherit", got an object.'),
    ],
    [
      { input: null },
      new TypeError('The option "input" must be a string, a Uint8Array, a Readable or "inherit", got null.'),
    ],
    [
      { input: new Writable() },
      new TypeError('The option "input" must be a string, a Uint8Array, a Readable or "inherit", got an object.'),
    ],
    [
      { input: new Uint16Array() },
      new TypeError('The option "input" must be a string, a Uint8Array, a Readable or "inherit", got an object.'),
    ],
    [{ prefix: 1, output: "lines" }, new TypeError('The option "prefix" must be a string, got 1.')],
    [{ prefix: "> " }, new TypeError('The option "prefix" needs output: "lines".')],
    [{ maxBuffer: "1MB" }, new TypeError('The maxBuffer of a command must be a number, got "1MB".')],
    [{ maxBuffer: -1 }, new RangeError("The maxBuffer of a command must be at least 0, got -1.")],
    [{ cwd: 1 }, new TypeError('The option "cwd" must be a string, got 1.')],
    [{ cwd: "a\0b" }, new TypeError('The option "cwd" must not contain a null character, got "a\\u0000b".')],
    [{ env: "A=1" }, new TypeError('The option "env" must be an object of strings, got "A=1".')],
    [{ env: { A: 1 } }, new TypeError("Each variable in env must be a string, got 1.")],
    [{ env: { A: "\0" } }, new TypeError('Each variable in env must not contain a null character, got "\\u0000".')],
    [
      { env: { "A\0": "1" } },
      new TypeError('The name of each variable in env must not contain a null character, got "A\\u0000".'),
    ],
  ])("refuses %o as options", (options, error) => {
    refused([scope, "true", [], options], error);
  });

  it.each(["file", "buffer and more", 1, null])("refuses %o as an output", (output) => {
    refused(
      [scope, "true", [], { output }],
      /^The option "output" must be "(buffer|pipe)" or "inherit" or "lines", got /,
    );
  });

  it("refuses a URL of a folder that is not a file URL", () => {
    refused([scope, "true", [], { cwd: new URL("http://localhost/") }], TypeError);
  });

  it.each(["grace", "signal", "input", "output", "prefix", "maxBuffer", "cwd", "env"])(
    "starts nothing if reading the option %s throws",
    (name) => {
      refused([scope, "true", [], Object.defineProperty({}, name, { get: raise })], new Error("hostile"));
    },
  );
});

describe("what the caller changes afterwards", () => {
  it("does not change the command", async () => {
    const args = ["-c", 'echo "$A $B"'];
    const env: Record<string, string> = { A: "1", B: "2" };
    const running = runCommand(scope, "sh", args, { env });
    args.length = 0;
    env["A"] = "changed";
    expect((await running).stdout).toBe("1 2\n");
  });

  it("options may have no prototype, be frozen, or be a proxy", async () => {
    const options = { input: "x" };
    for (const odd of [
      Object.assign(Object.create(null) as object, options),
      Object.freeze({ ...options }),
      new Proxy(options, {}),
    ]) {
      expect((await runCommand(scope, "cat", [], odd)).stdout).toBe("x");
    }
  });
});
