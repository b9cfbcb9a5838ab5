import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A name server that never answers. */
export class SilentNameServer implements AsyncDisposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async start(): Promise<SilentNameServer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new SilentNameServer(socket);
  }

  /** The address in the form for `setServers`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Calls back when the next query has arrived. */
  onNextQuery(arrived: () => void): void {
    this.#socket.once("message", arrived);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}
