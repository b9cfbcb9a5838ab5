/** Operations with real I/O, each with the signal of its time limit. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Request } from "./programs.js";
import { work } from "./work.js";

/** An operation, and what closes what it needs. */
export interface Opened {
  readonly request: Request;
  readonly close: () => Promise<unknown>;
}

/** In another thread, so that its time is not the main thread's. */
const server = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

/** Round trips over a loopback socket, one after another. */
export async function openEcho(): Promise<Opened> {
  const worker = new Worker(server, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let answered = (): void => {};
  socket.on("data", () => {
    answered();
  });
  const request: Request = async (signal) => {
    work.started++;
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      answered = resolve;
      socket.write("x");
    });
    work.ended++;
  };
  const close = (): Promise<unknown> => {
    socket.destroy();
    return worker.terminate();
  };
  return { request, close };
}

/** Reads of a small file, any number at once. */
export async function openFile(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), "benchmarks-"));
  const file = join(folder, "small");
  await writeFile(file, "x".repeat(100));
  const request: Request = async (signal) => {
    work.started++;
    await readFile(file, { signal });
    work.ended++;
  };
  return { request, close: () => rm(folder, { recursive: true }) };
}
