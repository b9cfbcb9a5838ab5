import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificate, key } from "./certificate.js";

/**
 * A server that never completes an answer. The first part of a path decides how far it gets:
 *
 * - `/silent/`: it reads the request and sends nothing
 * - `/stalled/`: it sends the headers and the first bytes of a body
 * - `/events/`: it sends the headers and the first event of an event stream
 */
export class StallingServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
  }

  static async start({ secure = false }: { readonly secure?: boolean } = {}): Promise<StallingServer> {
    const server = secure ? createSecureServer({ key, cert: certificate }, stall) : createServer(stall);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new StallingServer(server, secure ? "https" : "http");
  }

  get silent(): string {
    return `${this.#origin}/silent`;
  }

  get stalled(): string {
    return `${this.#origin}/stalled`;
  }

  get events(): string {
    return `${this.#origin}/events`;
  }

  get #origin(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Calls back when the next request has arrived. */
  onNextRequest(arrived: () => void): void {
    this.#server.once("request", arrived);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** An event that the streams of the OpenAI and Anthropic clients accept. */
const EVENT = `event: ping\ndata: {"type":"ping","choices":[]}\n\n`;

const stall: RequestListener = (request, response) => {
  request.resume();
  const path = request.url ?? "";
  if (path.startsWith("/stalled")) {
    // Longer than the body that is sent.
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"first":');
  } else if (path.startsWith("/events")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(EVENT);
  }
};
