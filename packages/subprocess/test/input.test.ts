import { once } from "node:events";
import { existsSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { CancelScope } from "@selvage/scope";
import { settled } from "@selvage/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CommandInput, type Output, runCommand } from "../src/index.js";
import { feed } from "../src/input.js";
import { errorOf, isAlive, Meeting } from "./processes.js";

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

function cat(input: CommandInput): Promise<Output> {
  return runCommand(scope, "cat", [], { input });
}

describe("the input of a command", () => {
  it.each<[string, () => CommandInput, string]>([
    ["a text", () => "é\n", "é\n"],
    ["an empty text", () => "", ""],
    ["bytes", () => new Uint8Array([0x61, 0x62]), "ab"],
    ["no bytes", () => new Uint8Array(), ""],
    ["a Buffer", () => Buffer.from("abc"), "abc"],
    ["a stream of texts", () => Readable.from(["a", "é"]), "aé"],
    ["a stream of bytes", () => Readable.from([Buffer.from("a"), new Uint8Array([0x62])]), "ab"],
    ["a stream without chunks", () => Readable.from([]), ""],
  ])("may be %s", async (_, make, expected) => {
    expect((await cat(make())).stdout).toBe(expected);
  });

  it("may be a stream that has ended before", async () => {
    const input = Readable.from([]);
    input.resume();
    await once(input, "end");
    expect((await cat(input)).stdout).toBe("");
  });

  it("may be larger than the pipe", async () => {
    const { stdout } = await cat("x".repeat(10_000_000));
    expect(stdout.length).toBe(10_000_000);
  });

  it("is read from a stream only as fast as the command reads it", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    let produced = 0;
    function* chunks(): Generator<Buffer> {
      for (; produced < 1_000; produced++) yield Buffer.alloc(10_000);
    }
    const script = 'echo ready >"$1"; read go <"$2"; wc -c';
    const running = runCommand(scope, "sh", ["-c", script, "sh", path, gate.path], { input: Readable.from(chunks()) });
    await report;
    await settled();
    expect(produced).toBeLessThan(200);
    await gate.open();
    expect((await running).stdout.trim()).toBe("10000000");
  });

  it("need not be read: EPIPE is not an error (P1)", async () => {
    expect(await runCommand(scope, "true", [], { input: "x".repeat(10_000_000) })).toMatchObject({ code: 0 });
    const { stdout } = await runCommand(scope, "head", ["-c", "3"], { input: "x".repeat(10_000_000) });
    expect(stdout).toBe("xxx");
  });

  it("need not be read: a stream is destroyed if the command closes its input or ends earlier", async () => {
    const endless = (): Readable =>
      new Readable({
        read() {
          this.push("x".repeat(1_000));
        },
      });
    const input = endless();
    expect((await runCommand(scope, "head", ["-c", "3"], { input })).stdout).toBe("xxx");
    expect(input.destroyed).toBe(true);

    const early = endless();
    const closed = once(early, "close");
    const gate = meeting.gate();
    const running = runCommand(scope, "sh", ["-c", 'exec <&-; read go <"$1"', "sh", gate.path], { input: early });
    await closed;
    await gate.open();
    expect(await running).toMatchObject({ code: 0 });

    const silent = new PassThrough();
    await runCommand(scope, "true", [], { input: silent });
    expect(silent.destroyed).toBe(true);
  });

  it("leaves no listener on a stream that has ended", async () => {
    const input = Readable.from(["a"]);
    const before = names(input);
    await cat(input);
    expect(names(input)).toEqual(before);
  });

  function names(stream: Readable): string {
    return stream
      .eventNames()
      .map((name) => `${String(name)} ${stream.listenerCount(name)}`)
      .join();
  }
});

describe("a stream that fails", () => {
  it.each<[string, (input: PassThrough) => void, unknown]>([
    ["an error", (input) => input.destroy(new Error("broken")), new Error("broken")],
    ["a value that is not an error", (input) => input.destroy("broken" as never), "broken"],
    ["no reason", (input) => input.destroy(), expect.objectContaining({ code: "ERR_STREAM_PREMATURE_CLOSE" })],
  ])("ends the command, and the call rejects with %s", async (_, fail, expected) => {
    const { path, report } = meeting.point();
    const input = new PassThrough();
    const ended = errorOf(runCommand(scope, "sh", ["-c", 'echo $$ >"$1"; exec cat', "sh", path], { input }));
    const pid = await report;
    input.write("half");
    fail(input);
    expect(await ended).toEqual(expected);
    expect(isAlive(pid)).toBe(false);
  });

  it("does not look like the end of the input: the command gets the signal, and no end of file", async () => {
    const { path, report } = meeting.point();
    const input = new PassThrough();
    const script = 'trap "echo term; exit 0" TERM; echo ready >"$1"; while read line; do :; done; echo eof >"$2"';
    const file = meeting.file("eof");
    const ended = errorOf(runCommand(scope, "sh", ["-c", script, "sh", path, file], { input }));
    await report;
    input.destroy(new Error("broken"));
    await ended;
    expect(existsSync(file)).toBe(false);
  });

  it("may have failed before", async () => {
    const input = new PassThrough();
    input.on("error", () => {}).destroy(new Error("broken"));
    await new Promise((resolve) => input.once("close", resolve));
    expect(await errorOf(runCommand(scope, "sleep", ["1000"], { input }))).toEqual(new Error("broken"));
  });

  it("may have chunks that are neither texts nor bytes", async () => {
    for (const chunk of [1, {}, Symbol("chunk")]) {
      const input = Readable.from([chunk]);
      expect(await errorOf(runCommand(scope, "sleep", ["1000"], { input }))).toBeInstanceOf(TypeError);
      expect(input.destroyed).toBe(true);
    }
  });

  it("does not change the outcome after the exit", async () => {
    const input = new PassThrough({ destroy: (_error, done) => done(new Error("broken in destroy")) });
    expect(await runCommand(scope, "true", [], { input })).toMatchObject({ code: 0 });
    await settled();
  });

  it("in the step in which it is released is not an uncaught error", async () => {
    const [stdin, input] = [new PassThrough(), new PassThrough()];
    const release = feed(stdin, input, () => expect.unreachable("it was released"));
    input.destroy(new Error("broken"));
    release();
    release();
    await new Promise((resolve) => input.once("close", resolve));
  });

  it("because the scope was cancelled is the cancellation (P1)", async () => {
    const { path, report } = meeting.point();
    const input = new PassThrough({ signal: scope.signal });
    const ended = errorOf(runCommand(scope, "sh", ["-c", 'echo $$ >"$1"; exec cat', "sh", path], { input }));
    await report;
    scope.cancel();
    expect(await ended).toBe(scope.reason);
  });

  it("keeps its error if the scope is cancelled while the command ends (S14)", async () => {
    const { path, report } = meeting.point();
    const input = new PassThrough();
    const ending = meeting.point();
    const script = `trap 'echo term >"$2"' TERM; echo ready >"$1"; while :; do sleep 0.01; done`;
    const options = { input, grace: 50 };
    const ended = errorOf(runCommand(scope, "sh", ["-c", script, "sh", path, ending.path], options));
    await report;
    input.destroy(new Error("broken"));
    await ending.report;
    scope.cancel();
    expect(await ended).toEqual(new Error("broken"));
  });
});
