import { connect, type Socket } from "node:net";
import { acquire, type CancelScope } from "@selvage/scope";

/** How a conversation with a peer ended. */
export interface Conversation {
  /** The beginning of what the service sent. */
  readonly answer: string;
  /** How long the connection was open, in milliseconds. */
  readonly elapsed: number;
}

/** How much of an answer is kept. */
const MOST = 2_000;

/** Opens a connection to the service, speaks, and waits until the service closes it. */
export async function converse(
  scope: CancelScope,
  url: string,
  speak: (socket: Socket) => void,
): Promise<Conversation> {
  const began = performance.now();
  const { hostname, port } = new URL(url);
  const connection = await acquire(
    scope,
    () => Promise.resolve(connect(Number(port), hostname)),
    (socket) => void socket.destroy(),
  );
  const socket = connection.value;
  let answer = "";
  try {
    socket.on("data", (chunk: Buffer) => (answer = (answer + chunk.toString("latin1")).slice(0, MOST)));
    socket.on("error", () => {}); // the service has cut it off
    speak(socket);
    await scope.race(new Promise((resolve) => socket.once("close", resolve)));
  } finally {
    await connection.release();
  }
  return { answer, elapsed: performance.now() - began };
}

/** Writes something again and again until the connection is closed, `interval` milliseconds apart. */
export function drip(socket: Socket, text: string, interval: number): void {
  const timer = setInterval(() => socket.write(text), interval);
  socket.once("close", () => clearInterval(timer));
}

/** Writes as fast as the service reads, up to `size` bytes. */
export function pour(socket: Socket, chunk: Buffer, size: number): void {
  let left = size;
  const write = (): void => {
    while (left > 0 && socket.writable) {
      left -= chunk.length;
      if (!socket.write(chunk)) break;
    }
  };
  socket.on("drain", write);
  write();
}
