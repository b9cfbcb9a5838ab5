import type { IncomingMessage, ServerResponse } from "node:http";
import { type CancelScope, isCancellation } from "@selvage/scope";
import { ClosedError } from "@selvage/supervisor";
import { shield, TimeoutError } from "@selvage/timeout";
import { answer, type Means } from "./answer.js";
import type { Kind } from "./kind.js";
import type { Plan } from "./plan.js";
import type { Pool } from "./pool.js";
import type { Tasks } from "./tasks.js";

/** Longer than any cleanup, in milliseconds. */
const LONG = 60_000;

/** Creates a task for every request, which uses the pool, and answers with 503 if the supervisor refuses it. */
export class Requests {
  readonly #plan: Plan;
  readonly #tasks: Tasks;
  readonly #pool: Pool;
  readonly #means: Pick<Means, "held" | "wakeWorker">;
  /** The responses of the tasks, by name. */
  readonly #responses = new Map<string, ServerResponse>();

  constructor(plan: Plan, tasks: Tasks, pool: Pool, means: Pick<Means, "held" | "wakeWorker">) {
    this.#plan = plan;
    this.#tasks = tasks;
    this.#pool = pool;
    this.#means = means;
  }

  accept({ url }: IncomingMessage, response: ServerResponse, closeIdle: () => void): void {
    const name = url!;
    const [, kind, turn] = name.split("/") as ["", Kind, string];
    const { earlier } = this.#plan;
    this.#tasks.pass("a request arrives");
    if (earlier?.by === "server" && earlier.at === Number(turn)) void this.#tasks.shutDown({ grace: earlier.grace });
    response.once("close", () => {
      if (this.#tasks.supervisor.stopping) closeIdle();
    });
    try {
      const task = this.#tasks.create(name, (scope) => this.#serve(kind, response, scope), {}, kind);
      this.#responses.set(name, response);
      response.once("close", () => {
        const entry = this.#tasks.books.entry(name)!;
        if (response.headersSent) entry.answer = response.statusCode;
        if (response.writableFinished) return;
        task.cancel("the client has left");
        this.#tasks.pass("a client leaves");
      });
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error;
      this.#respond(response, 503, "shutting down");
    }
  }

  /** Closes the connections whose requests were abandoned. */
  closeAbandoned(names: readonly string[]): void {
    for (const name of names) this.#responses.get(name)?.socket?.destroy();
  }

  async #serve(kind: Kind, response: ServerResponse, scope: CancelScope): Promise<void> {
    const grace = this.#plan.earlier?.grace ?? 0;
    const shutDown = (requestedBy: CancelScope): Promise<unknown> => this.#tasks.shutDownFor(requestedBy, grace);
    try {
      this.#tasks.pass("a request begins");
      this.#tasks.pass("a request uses the pool");
      await this.#pool.use(scope);
      this.#respond(response, 200, await answer(kind, { ...this.#means, response, shutDown }, scope));
    } catch (error) {
      const isCancelled = isCancellation(error, scope);
      if (isCancelled) await this.#rollBack(scope);
      this.#respond(response, isCancelled ? 503 : error instanceof TimeoutError ? 504 : 500, "");
      throw error;
    }
  }

  /** Uses the pool once more, as a cancelled request may. Not if the time of the drain may end meanwhile, which closes the pool. */
  async #rollBack(parent: CancelScope): Promise<void> {
    if (this.#plan.drain.timeout === undefined) await shield(LONG, ({ scope }) => this.#pool.use(scope), { parent });
  }

  #respond(response: ServerResponse, status: number, body: string): void {
    if (response.destroyed) return; // the client has left
    if (!response.headersSent) {
      response.statusCode = status;
      if (this.#tasks.supervisor.stopping) response.setHeader("connection", "close");
    }
    response.end(body);
  }
}
