import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import type { CancelScope } from "@selvage/scope";

/** What {@link openWebSocket} calls. */
export interface WebSocketEvents {
  /** A text has arrived. */
  message(text: string): void;
  /** The connection has ended, for whatever reason. */
  closed(): void;
}

/** An open connection. */
export interface WebSocketConnection {
  send(text: string): void;
  close(): void;
}

/** Fixed by RFC 6455. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CONTINUATION = 0;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/**
 * Opens a WebSocket to the inspector of a process on this machine (RFC 6455, without extensions). Node has a client only from 22 on.
 *
 * **Cancellation**: rejects with the scope's `CancelledError`, and the connection is closed.
 */
export function openWebSocket(url: URL, scope: CancelScope, events: WebSocketEvents): Promise<WebSocketConnection> {
  const key = randomBytes(16).toString("base64");
  return scope.race(
    new Promise<WebSocketConnection>((resolve, reject) => {
      const headers = {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
      };
      const opening = request({
        host: url.hostname,
        port: url.port,
        path: url.pathname,
        headers,
        signal: scope.signal,
      });
      opening.on("error", reject);
      opening.on("response", (response) => {
        response.destroy();
        reject(new Error(`${url.host} is not an inspector: it answered with ${response.statusCode}`));
      });
      opening.on("upgrade", (response, socket, head) => {
        const expected = createHash("sha1")
          .update(key + GUID)
          .digest("base64");
        if (response.headers["sec-websocket-accept"] !== expected) {
          socket.destroy();
          reject(new Error(`${url.host} is not an inspector: it does not speak WebSocket`));
          return;
        }
        resolve(connected(socket, head, events));
      });
      opening.end();
    }),
  );
}

function connected(socket: Duplex, head: Buffer, events: WebSocketEvents): WebSocketConnection {
  const frames = new Frames((opcode, payload) => {
    if (opcode === TEXT) events.message(payload.toString("utf8"));
    else if (opcode === PING) socket.write(frame(PONG, payload));
    else if (opcode === CLOSE) socket.end(frame(CLOSE, payload.subarray(0, 2)));
  });
  socket.on("data", (data: Buffer) => frames.add(data));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => events.closed());
  frames.add(head);
  return {
    send: (text) => void socket.write(frame(TEXT, Buffer.from(text, "utf8"))),
    close: () => void socket.end(frame(CLOSE, Buffer.alloc(0))),
  };
}

/** Makes a masked frame, as clients must send it. */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const sizes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + sizes);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (sizes === 0 ? length : sizes === 2 ? 126 : 127);
  if (sizes === 2) header.writeUInt16BE(length, 2);
  if (sizes === 8) header.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let index = 0; index < length; index++) masked[index]! ^= mask[index & 3]!;
  return Buffer.concat([header, mask, masked]);
}

/** Takes the frames of a server, which are not masked, from a stream of bytes, and puts fragments together. */
class Frames {
  readonly #receive: (opcode: number, payload: Buffer) => void;
  /** What has arrived and does not make a frame. The parts are joined once there are enough. */
  #parts: Buffer[] = [];
  #length = 0;
  /** How many bytes are needed before it is worth looking. */
  #needed = 2;
  #fragments: Buffer[] = [];
  #opcode = TEXT;

  constructor(receive: (opcode: number, payload: Buffer) => void) {
    this.#receive = receive;
  }

  add(data: Buffer): void {
    this.#parts.push(data);
    this.#length += data.length;
    while (this.#length >= this.#needed && this.#takeFrame());
  }

  /** Returns false if the frame is not complete. */
  #takeFrame(): boolean {
    const data = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = [data];
    const short = data[1]! & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (data.length < start) return this.#need(start);
    const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
    if (data.length < start + length) return this.#need(start + length);
    const rest = data.subarray(start + length);
    this.#parts = [rest];
    this.#length = rest.length;
    this.#needed = 2;
    this.#frame(data[0]!, data.subarray(start, start + length));
    return true;
  }

  #need(bytes: number): false {
    this.#needed = bytes;
    return false;
  }

  #frame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode >= CLOSE) {
      this.#receive(opcode, payload); // a control frame, which may stand between fragments
      return;
    }
    if (opcode !== CONTINUATION) this.#opcode = opcode;
    this.#fragments.push(payload);
    if ((first & 0x80) === 0) return;
    const whole = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#receive(this.#opcode, whole);
  }
}
