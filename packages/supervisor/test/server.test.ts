import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it } from "vitest";
import { Supervisor } from "../src/index.js";

/** A real server on loopback, whose requests are tasks of one supervisor. Sockets are real, time is virtual. */
class TestServer {
  readonly clock: VirtualClock = new VirtualClock();
  readonly errors: string[] = [];
  readonly supervisor: Supervisor = new Supervisor({
    name: "server",
    clock: this.clock,
    onError: (error, task) => this.errors.push(`${task.name}: ${(error as Error).message}`),
  });
  readonly #server: Server = createServer((request, response) => {
    this.supervisor.createTask((scope) => this.#serve(scope, request, response), { name: request.url! });
    this.#arrived.get(request.url!)?.();
  });
  readonly #arrived = new Map<string, () => void>();

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  /** Sends a request, and resolves when its task has been created. */
  async request(path: string): Promise<{ answer: Promise<string> }> {
    const arrived = new Promise<void>((resolve) => this.#arrived.set(path, resolve));
    const { port } = this.#server.address() as AddressInfo;
    const answer = fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } }).then(
      async (response) => `${response.status} ${await response.text()}`,
      () => "no answer",
    );
    await arrived;
    return { answer };
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(scope: CancelScope, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.url === "/broken") throw new Error("no such table");
      if (request.url === "/stuck") await new Promise(() => {});
      await scope.sleep(Number(request.url!.slice("/slow/".length)));
      response.end("served");
    } catch (error) {
      response.writeHead(scope.cancelled ? 503 : 500).end(scope.cancelled ? "shutting down" : "failed");
      throw error;
    }
  }
}

describe("a server under a supervisor", () => {
  const servers: TestServer[] = [];

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(): Promise<TestServer> {
    const server = await new TestServer().listen();
    servers.push(server);
    return server;
  }

  it("a server answers the other requests although one fails (V1, V2)", async () => {
    const server = await start();
    const slow = await server.request("/slow/100");
    const broken = await server.request("/broken");
    expect(await broken.answer).toBe("500 failed");
    await server.clock.advance(100);
    expect(await slow.answer).toBe("200 served");
    expect(server.errors).toEqual(["/broken: no such table"]);
    expect(await server.supervisor.shutdown()).toMatchObject({ completed: 0, failed: 0, cancelled: 0, abandoned: [] });
  });

  it("a server answers requests within the grace, refuses the rest politely, and names what is stuck (V4, V5)", async () => {
    const server = await start();
    const quick = await server.request("/slow/50");
    const slow = await server.request("/slow/5000");
    const stuck = await server.request("/stuck");
    const shutdown = server.supervisor.shutdown({ grace: 1_000, timeout: 2_000 });
    await server.clock.advance(50);
    expect(await quick.answer).toBe("200 served");
    await server.clock.advance(950);
    expect(await slow.answer).toBe("503 shutting down");
    await server.clock.advance(1_000);
    expect(await shutdown).toEqual({ completed: 1, failed: 0, cancelled: 1, abandoned: ["/stuck"], elapsed: 2_000 });
    expect(server.errors).toEqual([]);
    expect(server.clock.pending).toBe(0);
    await server.close();
    expect(await stuck.answer).toBe("no answer");
  });

  it("a request can shut the server down, and is answered (V6)", async () => {
    const server = await start();
    const waiting = await server.request("/slow/5000");
    const admin = server.supervisor.createTask(async (scope) => {
      const report = await server.supervisor.shutdown({ grace: 100, requestedBy: scope });
      return `stopped: ${report.cancelled} cancelled`;
    });
    await server.clock.advance(100);
    expect(await admin).toBe("stopped: 1 cancelled");
    expect(await waiting.answer).toBe("503 shutting down");
    await settled();
    expect(server.supervisor.size).toBe(0);
  });
});
