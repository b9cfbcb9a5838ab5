import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CancelScope, type Clock, Supervisor } from "@selvage/supervisor";

/*
 * Serves records 1 to 150 over HTTP, from a free port of this machine. Each request is a task of a Supervisor, and is cancelled when
 * its client hangs up.
 *
 *   /records/<id>   every tenth is slow; 40, 80 and 120 are gone (410)
 *   /stuck/<id>     7 is gone; the others are never answered
 */
export class RecordServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #requests: Supervisor;

  static async start(clock: Clock | undefined): Promise<RecordServer> {
    const started = new RecordServer(clock);
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  private constructor(clock: Clock | undefined) {
    this.#requests = new Supervisor({ clock });
    this.#server = createServer((request, response) => {
      const task = this.#requests.createTask((scope) => answer(request.url ?? "", response, scope));
      response.once("close", () => {
        task.cancel("the client has hung up");
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#requests.shutdown();
  }
}

async function answer(url: string, response: ServerResponse, scope: CancelScope): Promise<void> {
  const [, folder, name] = url.split("/");
  const id = Number(name);
  const isGone = folder === "stuck" ? id === 7 : id % 40 === 0;
  if (folder === "stuck" && !isGone) await scope.sleep(Infinity);
  if (id % 10 === 0) await scope.sleep(50);
  response.writeHead(isGone ? 410 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id, name: `record ${id}` }));
}
