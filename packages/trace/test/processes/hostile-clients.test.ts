/** Whatever a client does, the process runs on and answers the next one. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine, type Running } from "./running.js";

let machine: Machine;
let server: Running;
const sockets: Socket[] = [];
beforeEach(async () => {
  machine = new Machine();
  server = await machine.registered("many");
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await machine.close();
});

async function connected(): Promise<Socket> {
  const socket = connect(join(machine.runtimeFolder, "selvage", `${server.pid}.sock`));
  sockets.push(socket);
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  return socket;
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
    socket.resume();
  });
}

/** The process answers, and has not printed anything. */
async function isWell(): Promise<void> {
  const { code, lines } = await machine.run("ps", String(server.pid));
  expect([code, lines[0]!.startsWith("many.mjs")]).toEqual([0, true]);
  expect([server.hasEnded, server.stderr]).toEqual([false, ""]);
}

describe("the socket of a process", () => {
  it("ignores garbage and huge requests (N7)", async () => {
    for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), randomBytes(1_000), Buffer.alloc(20_000_000, "{")]) {
      const socket = await connected();
      socket.write(bytes);
      await ended(socket);
    }
    await isWell();
  });

  it("survives clients that leave at once, or in the middle of the answer (N7)", async () => {
    for (let client = 0; client < 20; client++) {
      const socket = await connected();
      if (client % 2 === 0) await new Promise((resolve) => socket.once("data", resolve).once("close", resolve));
      socket.destroy();
    }
    await isWell();
  });

  it("refuses more than a few clients at a time, and serves the next ones when they have left (N7)", async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, connected));
    // None of them reads. Those that were accepted hold an answer, and all others were closed.
    await isWellOnceLeft(clients);
  });

  async function isWellOnceLeft(clients: readonly Socket[]): Promise<void> {
    for (const client of clients) client.destroy();
    for (const client of clients) await ended(client);
    await isWell();
  }
});
