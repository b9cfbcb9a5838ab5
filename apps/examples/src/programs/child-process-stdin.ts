import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { Supervisor } from "@selvage/supervisor";
import type { Program, Stage } from "../program.js";

/*
 * A sensor calls back with eight readings, one of them broken, and then emits "end". Each reading must be written to
 * the stdin of a child process, no faster than the child reads. A callback is synchronous, so it cannot wait.
 *
 * Look at: how many readings arrive. Async functions that are called from callbacks have no owner, so the program
 * does not know when the last reading has been written. A Supervisor accepts tasks from anywhere. A `limit` of 1
 * makes it a queue, and `join` waits for its end.
 */
export const program: Program = {
  name: "child-process-stdin",
  description: "event callbacks start tasks that write to a child process, and all data is written",
  async run(stage) {
    await withAsyncCallbacks(stage);
    await withSupervisor(stage);
  },
};

async function withAsyncCallbacks({ out }: Stage): Promise<void> {
  out("async functions in callbacks");
  const child = countingChild();
  const sensor = new EventEmitter();
  let writing = 0;
  sensor.on("reading", (reading: object) => {
    writing++;
    write(child.stdin, reading)
      .catch(() => {})
      .finally(() => writing--);
  });
  sensor.on("end", () => child.stdin.end());
  play(sensor);
  out(`  the child received ${await child.received} of 8 readings`);
  out(`  no errors were seen; ${writing} writers wait for ever`);
}

async function withSupervisor({ out }: Stage): Promise<void> {
  out("Supervisor");
  const child = countingChild();
  const sensor = new EventEmitter();
  const writers = new Supervisor({
    limit: 1,
    onError(error, task) {
      out(`  ${task.name} failed: ${String(error)}`);
    },
  });
  let count = 0;
  sensor.on("reading", (reading: object) => {
    writers.createTask((scope) => write(child.stdin, reading, scope.signal), { name: `reading ${++count}` });
  });
  const ended = once(sensor, "end");
  play(sensor);
  await ended;
  await writers.join();
  child.stdin.end();
  out(`  the child received ${await child.received} of 8 readings`);
}

/** Writes a reading as a line, when the stream has room for it. */
async function write(stdin: Writable, reading: object, signal?: AbortSignal): Promise<void> {
  const line = `${JSON.stringify(reading)}\n`;
  if (stdin.writableNeedDrain) await once(stdin, "drain", { signal });
  stdin.write(line);
}

/**
 * Eight readings at once, each more than the pipe to the child takes at a time. The number in the fifth cannot be
 * converted to JSON.
 */
function play(sensor: EventEmitter): void {
  const samples = ".".repeat(1_000_000);
  for (const value of [1, 2, 3, 4, 5n, 6, 7, 8]) sensor.emit("reading", { value, samples });
  sensor.emit("end");
}

/** A child process that counts the lines it reads. */
function countingChild(): { readonly stdin: Writable; readonly received: Promise<string> } {
  const script = `
    let lines = 0;
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (chunk) => (lines += chunk.split("\\n").length - 1));
    process.stdin.on("end", () => process.stdout.write(String(lines)));`;
  const { stdin, stdout } = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  return { stdin, received: text(stdout) };
}
