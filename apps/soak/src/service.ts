import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CancelScope, isCancellation } from "@selvage/scope";
import { ClosedError, Supervisor, type SupervisorOptions } from "@selvage/supervisor";
import type { Books } from "./books.js";
import { Held } from "./held.js";
import type { Plan } from "./plan.js";
import { Pool } from "./pool.js";
import { Requests } from "./requests.js";
import { Tasks } from "./tasks.js";
import type { Trigger } from "./trigger.js";

/** The delays of the worker's restart and of the poller, in milliseconds. They are short, because there are many rounds. */
const SHORT = 2;

/**
 * A server on loopback: its requests are tasks of one supervisor, beside a worker that is restarted whenever it
 * fails, a poller, and a pool that they use. It passes the points at which its round may end.
 */
export class Service {
  readonly pool: Pool = new Pool();
  /** The port on which it listens; `undefined` if it is stopped before. */
  readonly port: Promise<number | undefined>;
  readonly #plan: Plan;
  readonly #held: Held;
  readonly #tasks: Tasks;
  readonly #requests: Requests;
  readonly #server: Server = createServer((request, response) => {
    this.#requests.accept(request, response, () => this.#server.closeIdleConnections());
  });
  #hasClosed: Promise<unknown> | undefined = undefined;
  #setPort!: (port: number | undefined) => void;
  #wakeWorker: () => void = () => {};

  /** @param concurrency - The number of concurrent requests, half of which may be held. */
  constructor(plan: Plan, trigger: Trigger, concurrency: number) {
    this.#plan = plan;
    this.#held = new Held(Math.floor(concurrency / 2));
    this.#tasks = new Tasks(plan, trigger, this.#held);
    const wakeWorker = (): void => this.#wakeWorker();
    this.#requests = new Requests(plan, this.#tasks, this.pool, { held: this.#held, wakeWorker });
    this.port = new Promise((resolve) => (this.#setPort = resolve));
  }

  get books(): Books {
    return this.#tasks.books;
  }

  get supervisor(): Supervisor {
    return this.#tasks.supervisor;
  }

  /** Runs until every task has ended, including those that the supervisor has abandoned, and every connection is closed. */
  async run(parent: CancelScope | AbortSignal): Promise<void> {
    try {
      await this.#supervise(parent);
    } finally {
      this.#setPort(undefined); // if it does not listen
    }
    const { abandoned } = await this.#tasks.shutDown({ grace: Infinity });
    this.#requests.closeAbandoned(abandoned);
    this.#held.letStubbornGo();
    await this.books.allEnded();
    await this.#hasClosed;
  }

  /** Waits until the supervisor has ended. */
  async #supervise(parent: CancelScope | AbortSignal): Promise<void> {
    const { form, drain } = this.#plan;
    const options: SupervisorOptions = {
      name: "service",
      parent,
      drain,
      onError: (error, task, info) => this.#tasks.report(error, task, info),
    };
    this.#tasks.pass("before the supervisor is made");
    if (form === "new") {
      const supervisor = new Supervisor(options);
      await this.#start(supervisor).catch((error: unknown) => {
        if (!isCancellation(error, supervisor.scope)) throw error;
      });
      await supervisor.join();
      return;
    }
    let returned: string | undefined;
    const value = await Supervisor.run(async (supervisor) => {
      await this.#start(supervisor);
      if (form === "run, serving") await supervisor.scope.sleep(Infinity);
      return (returned = "the body has returned");
    }, options);
    this.books.outcome = { value, returned };
  }

  async #start(supervisor: Supervisor): Promise<void> {
    this.#tasks.supervisor = supervisor;
    try {
      this.#tasks.pass("before the pool is opened");
      await this.#tasks.startPool((scope, started) => this.#keepPool(scope, started));
      this.#tasks.pass("before the worker starts");
      const backoff = { initial: SHORT, factor: 1, max: SHORT, jitter: false };
      const restart = { when: "always", backoff, maxRestarts: 10_000, within: 1_000 } as const;
      this.#tasks.create("worker", (scope) => this.#work(scope), { restart });
      this.#tasks.create("poller", (scope) => this.#poll(scope), { grace: 0 });
      this.#tasks.pass("before the server listens");
      if (!supervisor.stopping) await this.#listen();
    } catch (error) {
      if (!(error instanceof ClosedError && supervisor.stopping)) throw error; // otherwise it was stopped while it started
    } finally {
      this.#tasks.hasten();
    }
  }

  async #listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    this.#hasClosed = once(this.#server, "close");
    this.#tasks.pass("the server begins to listen");
    await once(this.#server, "listening");
    // Called at once if a shutdown has begun meanwhile.
    this.supervisor.onShutdown(() => {
      this.books.stops++;
      this.#server.close();
      this.#tasks.pass("a drain begins");
      this.#tasks.hasten();
    });
    this.#setPort((this.#server.address() as AddressInfo | null)?.port);
    this.#tasks.pass("the server listens");
  }

  /** Keeps the pool open until it is cancelled, which is when the requests have ended. */
  async #keepPool(scope: CancelScope, started: () => void): Promise<void> {
    this.#tasks.pass("the pool is opening");
    await scope.checkpoint();
    started();
    try {
      await scope.sleep(Infinity);
    } finally {
      this.#tasks.pass("the pool closes");
      // A task that waits for the report of the shutdown waits for the pool, too.
      const live = this.books.live.filter(({ name, kind }) => name !== "pool" && kind !== "stop");
      this.pool.close(live.map(({ name }) => name));
    }
  }

  /** Waits to be poked, and fails. */
  async #work(scope: CancelScope): Promise<void> {
    if (this.supervisor.stopping) this.books.odd.push("the worker runs again in a shutdown");
    if (this.books.entry("worker")!.runs > 1) this.#tasks.pass("the worker runs again");
    await scope.race(new Promise<void>((resolve) => (this.#wakeWorker = resolve)));
    this.#tasks.pass("the worker has failed");
    throw new Error("the worker was poked");
  }

  /** Polls until it is cancelled. */
  async #poll(scope: CancelScope): Promise<void> {
    for (;;) {
      if (this.supervisor.stopping) this.books.odd.push("the poller polls in a shutdown");
      this.#tasks.pass("the poller polls");
      await this.pool.use(scope);
      await scope.sleep(SHORT);
    }
  }
}
