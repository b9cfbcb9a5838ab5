import { randomUUID } from "node:crypto";
import { context } from "@opentelemetry/api";
import { type CancelScope, ClosedError } from "@selvage/scope";
import { snapshot } from "@selvage/scope/debug";
import type { Supervisor } from "@selvage/supervisor";
import { TimeoutError } from "@selvage/timeout";
import { fastify, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from "fastify";
import type { Config } from "./config.js";
import type { EventStore, NewEvent } from "./event-store.js";
import type { Meters } from "./meters.js";
import type { Telemetry } from "./telemetry.js";
import { contextOf, currentTraceparent } from "./trace-context.js";

/** What the routes use. */
export interface AppParts {
  readonly supervisor: Supervisor;
  readonly store: EventStore;
  readonly meters: Meters;
  readonly telemetry: Telemetry;
  readonly config: Config;
  readonly log: FastifyBaseLogger;
  /** Called when an event was stored. */
  readonly stored: () => void;
  /** Whether the service accepts events. */
  readonly isReady: () => boolean;
}

interface EventRequest {
  readonly url: string;
  readonly data: unknown;
}

/** Slow and large requests are cut off: a client that sends a byte a second must not hold a connection for ever. */
const LIMITS = {
  bodyLimit: 256 * 1024,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000, // an idle connection holds a file descriptor that a delivery may need
  http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16 * 1024 },
};

const EVENT = {
  type: "object",
  required: ["url", "data"],
  additionalProperties: false,
  properties: { url: { type: "string", maxLength: 2_048 }, data: {} },
};

/** What the answer to an unusable event says. */
const EXPECTED =
  "expected an http or https URL without a password, data that is not nested thousands of levels deep, and a short Idempotency-Key";

/** Makes the HTTP interface. */
export function createApp({
  supervisor,
  store,
  meters,
  telemetry,
  config,
  log,
  stored,
  isReady,
}: AppParts): FastifyInstance {
  const logController = new LogController({ disableRequestLogging: true });
  const app = fastify({ loggerInstance: log, logController, forceCloseConnections: "idle", ...LIMITS });
  let waiting = 0;

  /** Stores an event in a task of the supervisor, so that a shutdown waits for it. Returns why that was not possible. */
  async function accept(event: NewEvent, traceparent: unknown): Promise<string | undefined> {
    if (waiting >= config.waiting) {
      meters.count("shed");
      return "too many requests wait for the database";
    }
    waiting++;
    try {
      const add = (scope: CancelScope): Promise<void> => store.add(scope, event, currentTraceparent());
      await context.with(contextOf(traceparent), () => supervisor.createTask(add, { name: "accept" }));
    } catch (error) {
      if (error instanceof ClosedError) return "the service is leaving";
      log.warn({ error: String(error) }, "an event was not stored");
      return error instanceof TimeoutError ? "the database is slow" : "the database does not answer";
    } finally {
      waiting--;
    }
    meters.count("accepted");
    stored();
    return undefined;
  }

  app.addHook("onSend", (_request, reply, _payload, done) => {
    // A connection that stays open would bring more requests to a process that is leaving.
    if (!isReady()) void reply.header("connection", "close");
    done();
  });

  app.post<{ Body: EventRequest }>("/events", { schema: { body: EVENT } }, async (request, reply) => {
    const event = readEvent(request);
    if (event === undefined) return reply.code(400).send({ error: EXPECTED });
    const problem = await accept(event, request.headers["traceparent"]);
    if (problem !== undefined) return reply.code(503).header("retry-after", "1").send({ error: problem });
    return reply.code(202).send({ id: event.id });
  });

  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => reply.code(isReady() ? 200 : 503).send({ ready: isReady() }));
  app.get("/tasks", () => snapshot(supervisor.scope));
  app.get("/metrics", (request, reply) => {
    reply.hijack();
    telemetry.answer(request.raw, reply.raw);
  });
  return app;
}

/** Reads an event; `undefined` if a part of it cannot be used. */
function readEvent({ body, headers }: FastifyRequest<{ Body: EventRequest }>): NewEvent | undefined {
  const id = headers["idempotency-key"] ?? randomUUID();
  if (typeof id !== "string" || !/^[\w.-]{1,100}$/.test(id)) return undefined;
  if (!URL.canParse(body.url)) return undefined;
  const { protocol, username, password, href } = new URL(body.url);
  if (!/^https?:$/.test(protocol) || username !== "" || password !== "") return undefined; // `fetch` refuses a password
  try {
    return { id, url: href, body: JSON.stringify(body.data) }; // `href`, because PostgreSQL cannot store every character
  } catch {
    return undefined; // it is nested too deeply
  }
}
