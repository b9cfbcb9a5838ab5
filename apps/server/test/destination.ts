import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that the destination received. */
interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A destination on the loopback, which records what it receives. */
export interface Destination extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves when so many requests have arrived. */
  arrived(n: number): Promise<void>;
}

/** Starts a destination. `answer` ends each response, or leaves it open. */
export async function startDestination(answer: (response: ServerResponse, nth: number) => void): Promise<Destination> {
  const received: Received[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      for (const check of waiting) check();
      answer(response, received.length);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    arrived: (n) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (received.length >= n) resolve();
        };
        waiting.push(check);
        check();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
