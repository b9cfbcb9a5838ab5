import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CancelScope } from "@selvage/scope";
import { Supervisor, type ShutdownReport, type SupervisorStats } from "@selvage/supervisor";
import { gather } from "@selvage/task-group";
import { timeout, TimeoutError } from "@selvage/timeout";
import type { Kind } from "./kind.js";

/** How long a request that takes too long is given, and how soon the worker is back: short, for there are many. */
const SHORT = 2;
/** What nobody waits out. */
const LONG = 60_000;

/** A server on loopback whose every request is a task of one supervisor, beside a worker that is restarted whenever it fails. */
export class Service {
  /** How many failures the supervisor was told of. */
  failures = 0;
  readonly #server: Server = createServer((request, response) => {
    this.#accept(request, response);
  });
  readonly #supervisor: Supervisor;
  readonly #controller = new AbortController();
  #wakeWorker: () => void = () => {};

  private constructor() {
    this.#supervisor = new Supervisor({
      name: "service",
      parent: this.#controller.signal,
      onError: () => this.failures++,
    });
  }

  static async start(): Promise<Service> {
    const service = new Service();
    const backoff = { initial: SHORT, factor: 1, max: SHORT, jitter: false };
    const restart = { when: "always", backoff, maxRestarts: 10_000, within: 1_000 } as const;
    service.#supervisor.createTask((scope) => service.#work(scope), { name: "worker", restart });
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get stats(): SupervisorStats {
    return this.#supervisor.stats();
  }

  async stop(): Promise<ShutdownReport> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    const report = await this.#supervisor.shutdown({ timeout: LONG, reason: "the soak is over" });
    await closed;
    return report;
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const kind = (request.url ?? "/").slice(1) as Kind;
    const task = this.#supervisor.createTask((scope) => this.#answer(kind, response, scope), { name: kind });
    response.once("close", () => {
      if (!response.writableFinished) task.cancel("the client has left");
    });
  }

  async #answer(kind: Kind, response: ServerResponse, scope: CancelScope): Promise<void> {
    try {
      const body = await this.#bodyFor(kind, response, scope);
      response.end(body);
    } catch (error) {
      if (error instanceof TimeoutError) response.statusCode = 504;
      else response.statusCode = 500;
      response.end();
      throw error;
    }
  }

  async #bodyFor(kind: Kind, response: ServerResponse, scope: CancelScope): Promise<string> {
    switch (kind) {
      case "plain":
        await scope.checkpoint();
        return "plain";
      case "parts":
        return (
          await gather(
            [1, 2, 3].map((part) => async (own) => (await own.checkpoint(), String(part))),
            { parent: scope },
          )
        ).join();
      case "failing":
        throw new Error("this one fails");
      case "failing-part":
        return await gather([(own) => own.sleep(LONG), () => Promise.reject(new Error("one part fails"))], {
          parent: scope,
        }).then(String);
      case "late":
        return await timeout(SHORT, (own) => own.scope.sleep(LONG), { parent: scope }).then(String);
      case "left":
        response.flushHeaders(); // the client leaves when it has them
        await scope.sleep(LONG);
        return "nobody reads this";
      case "poke":
        this.#wakeWorker();
        return "the worker fails, and is restarted";
    }
  }

  /** Waits to be poked, and fails. */
  async #work(scope: CancelScope): Promise<void> {
    await scope.race(new Promise<void>((resolve) => (this.#wakeWorker = resolve)));
    throw new Error("the worker was poked");
  }
}
