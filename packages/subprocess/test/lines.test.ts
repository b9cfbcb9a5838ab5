import { constants } from "node:buffer";
import { writeFileSync } from "node:fs";
import { PassThrough, Writable } from "node:stream";
import { CancelScope } from "@selvage/scope";
import { settled } from "@selvage/testing";
import { bundle, runProgram } from "@selvage/test-support/run-program";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ProcessError, runCommand } from "../src/index.js";
import { Bytes } from "../src/bytes.js";
import { forwardLines } from "../src/flow.js";
import { Lines } from "../src/lines.js";
import { errorOf, Meeting } from "./processes.js";

function never(): never {
  throw new Error("too long");
}

describe("Lines", () => {
  it("gives each line its prefix, however the lines are cut into chunks (P3)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(10, 13, 0, 97, 0xc3, 0xa9, 0xff)),
        fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
        (bytes, sizes) => {
          const all = Buffer.from(bytes);
          const lines = new Lines("> ", Infinity, never);
          const parts: Buffer[] = [];
          for (let start = 0; start < all.length;) {
            const size = sizes.next().value as number;
            parts.push(lines.add(all.subarray(start, start + size)));
            start += size;
          }
          parts.push(lines.end());
          const text = all.toString("latin1").replace(/\n$/, "");
          const expected = bytes.length === 0 ? "" : `> ${text.replaceAll("\n", "\n> ")}\n`;
          expect(Buffer.concat(parts).toString("latin1")).toBe(expected);
        },
      ),
    );
  });

  it("reports a line that is longer than the limit once, and drops it and what follows (P3)", () => {
    let reports = 0;
    const lines = new Lines("", 3, () => reports++);
    expect(lines.add(Buffer.from("abc\nde")).toString()).toBe("abc\n");
    expect(reports).toBe(0);
    expect(lines.add(Buffer.from("fg\nh\n")).toString()).toBe("");
    expect(lines.add(Buffer.from("i\n")).toString()).toBe("");
    expect([lines.end().toString(), reports]).toEqual(["", 1]);
  });

  it("takes a million pieces of one line in linear time (P3)", () => {
    const lines = new Lines("", Infinity, never);
    const piece = Buffer.from("x");
    for (let i = 0; i < 1_000_000; i++) lines.add(piece);
    expect(lines.end().length).toBe(1_000_001);
  });
});

describe("Bytes", () => {
  it("refuses what is more than the limit, or than a buffer can have, and keeps the rest (P3)", () => {
    const bytes = new Bytes();
    expect(bytes.add(Buffer.from("abc"), 3)).toBe(true);
    expect(bytes.add(Buffer.from("d"), 3)).toBe(false);
    expect(bytes.add({ length: constants.MAX_LENGTH } as Buffer, Infinity)).toBe(false);
    expect([bytes.length, bytes.take().toString(), bytes.length]).toEqual([3, "abc", 0]);
  });
});

describe("forwardLines", () => {
  it("does not read while the stream is full, and goes on when it has taken everything (P3)", async () => {
    const taken: string[] = [];
    let take!: () => void;
    const sink = new Writable({
      highWaterMark: 4,
      write(chunk, _encoding, done) {
        taken.push(String(chunk));
        take = done;
      },
    });
    const source = new PassThrough();
    forwardLines(source, sink, new Lines("", Infinity, never));
    source.write("one\n");
    await settled();
    source.write("two\n");
    await settled();
    expect([source.isPaused(), taken]).toEqual([true, ["one\n"]]);
    take();
    await settled();
    expect([source.isPaused(), taken]).toEqual([true, ["one\n", "two\n"]]);
    take();
    await settled();
    expect(source.isPaused()).toBe(false);
    source.end("three");
    await settled();
    expect(taken.at(-1)).toBe("three\n");
  });

  it("closes the pipe if the stream fails, and that is not an uncaught error (P3)", async () => {
    const sink = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error("EPIPE"));
      },
    });
    const source = new PassThrough();
    forwardLines(source, sink, new Lines("", Infinity, never));
    source.write("one\n");
    await settled();
    expect(source.destroyed).toBe(true);
  });

  it("adds no listener to the stream, which many commands share (P3)", async () => {
    const sink = new Writable({
      write(_chunk, _encoding, done) {
        done();
      },
    });
    const before = sink.eventNames();
    const sources = Array.from({ length: 100 }, () => new PassThrough());
    for (const source of sources) forwardLines(source, sink, new Lines("", Infinity, never));
    for (const source of sources) source.write("line\n");
    expect(sink.eventNames()).toEqual(before);
    for (const source of sources) source.end();
    await settled();
    expect(sink.eventNames()).toEqual(before);
  });
});

describe("a command with output: lines", () => {
  it("passes on whole lines with the prefix, each to the same output, and keeps nothing (P3)", async () => {
    const end = await runProgram(new URL("programs/lines.ts", import.meta.url));
    expect(end.code).toBe(0);
    const expected = ["[a] 1", "[a] 2", "[a] 3", "[b] 1", "[b] 2", "[b] 3"];
    expect(end.stdout.trimEnd().split("\n").sort()).toEqual([...expected, 'kept ""']);
    expect(end.stderr.trimEnd().split("\n").sort()).toEqual(["[a] error of a", "[b] error of b"]);
  });

  it("can no longer write when the output of this process is closed, and fails (P2, P3)", async () => {
    using meeting = new Meeting();
    using scope = new CancelScope();
    const program = meeting.file("program.mjs");
    writeFileSync(program, await bundle(new URL("programs/closed-output.ts", import.meta.url)));
    const { stdout, stderr } = await runCommand(scope, "sh", [
      "-c",
      '"$0" "$1" | head -n 2',
      process.execPath,
      program,
    ]);
    expect(stdout).toBe("> y\n> y\n");
    expect(stderr).toMatch(/^(> yes: .*\n)?ProcessError: "yes" (was ended by SIGPIPE|exited with code 1: .*)\n$/);
  });

  it("is ended if it writes a line of more than maxBuffer (P3)", async () => {
    using scope = new CancelScope();
    const script = "process.stdout.write('x'.repeat(101)); setInterval(() => {}, 1_000)";
    const options = { output: "lines", maxBuffer: 100 } as const;
    const error = (await errorOf(runCommand(scope, process.execPath, ["-e", script], options))) as ProcessError;
    expect(error).toMatchObject({
      name: "ProcessError",
      message: expect.stringMatching(/ wrote a line of more than 100 bytes to stdout$/) as string,
      code: undefined,
      signal: undefined,
    });
  });

  it("has the last of its standard error in the error (P2, P3)", async () => {
    using scope = new CancelScope();
    const running = runCommand(scope, "sh", ["-c", "echo reason >&2; exit 2"], { output: "lines", prefix: "[test] " });
    expect(await errorOf(running)).toMatchObject({ stderr: "reason\n" });
  });
});
