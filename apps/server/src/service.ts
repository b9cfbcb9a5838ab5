import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { context } from "@opentelemetry/api";
import { Channel } from "@selvage/channel";
import { retry } from "@selvage/retry";
import type { CancelScope } from "@selvage/scope";
import type { StartFunction } from "@selvage/scope/lowlevel";
import { Supervisor } from "@selvage/supervisor";
import { shield } from "@selvage/timeout";
import type { FastifyBaseLogger } from "fastify";
import { type AppParts, createApp } from "./app.js";
import type { Config } from "./config.js";
import { openDatabase } from "./database.js";
import { Deliveries } from "./deliveries.js";
import { type ClaimedEvent, EventStore } from "./event-store.js";
import { Meters } from "./meters.js";
import { poll } from "./poll.js";
import type { Telemetry } from "./telemetry.js";
import { contextOf } from "./trace-context.js";

/** What the service is made of, from outside. */
export interface ServiceOptions {
  /** When it is cancelled, the service drains. */
  readonly parent: CancelScope;
  readonly config: Config;
  readonly log: FastifyBaseLogger;
  readonly telemetry: Telemetry;
  /** Whether the service is about to leave. */
  readonly isLeaving: () => boolean;
  /** Called with its address when it accepts requests. */
  readonly listening?: (url: string) => void;
}

/** Serves until the parent is cancelled, then drains, and returns when everything has ended. */
export async function serve({ parent, config, log, telemetry, isLeaving, listening }: ServiceOptions): Promise<void> {
  const drain = { grace: config.grace, timeout: config.shutdownTimeout };
  await Supervisor.run(
    async (supervisor) => {
      const meters = new Meters(telemetry.meter);
      const store = await supervisor.start(keepDatabase(config, log), { name: "database", stage: 1, grace: 0 });
      const wake = new Channel<undefined>({ capacity: 1, name: "work" });
      const deliveries = new Deliveries(store, config, meters, log);

      const start = (event: ClaimedEvent): void => {
        if (supervisor.stopping) return; // the claim is released with the others
        const deliver = (scope: CancelScope): Promise<void> =>
          deliveries.deliver(scope, event).finally(() => wake.trySend(undefined));
        // The delivery belongs to the trace of the request that brought the event.
        context.with(contextOf(event.traceparent), () => supervisor.createTask(deliver, { name: "deliver" }));
      };
      supervisor.createTask((scope) => poll(scope, { store, deliveries, wake, config, start }), {
        name: "poll",
        grace: 0, // it never ends by itself
        restart: { when: "on-failure", maxRestarts: 1_000, within: 60_000, backoff: { initial: 100, max: 2_000 } },
      });

      let isListening = false;
      const isReady = (): boolean => isListening && !isLeaving() && !supervisor.stopping;
      const stored = (): unknown => wake.trySend(undefined);
      const parts = { supervisor, store, meters, telemetry, config, log, stored, isReady };
      const url = await supervisor.start(listen(parts), { name: "http" });
      isListening = true;
      listening?.(url);

      supervisor.onShutdown((reason) => {
        log.info({ reason: String(reason) }, "draining");
        void supervisor.shutdown({ grace: Infinity }).then((report) => log.info(report, "drained"));
      });
      await supervisor.scope.sleep(Infinity); // until the shutdown cancels it
    },
    {
      parent,
      drain,
      onError: (error, task, { restartsIn }) => {
        // Whoever sent the request has an answer.
        if (task.name !== "accept") log.error({ error: String(error), restartsIn }, `${task.name} failed`);
      },
    },
  );
}

/** Keeps the database open until everything that uses it has ended. */
function keepDatabase(config: Config, log: FastifyBaseLogger): StartFunction<EventStore> {
  return async (scope, started) => {
    const database = openDatabase(config, (error) => log.warn({ error: String(error) }, "a connection broke"));
    const store = new EventStore(database, config);
    /** Makes due what the shutdown has cut off. If the database does not answer, the claims run out by themselves. */
    const release = async (own: CancelScope): Promise<void> =>
      log.info({ events: await store.release(own) }, "what was cut off is due again");
    try {
      await retry((own) => store.create(own), { parent: scope, attempts: Infinity, timeout: 30_000, name: "connect" });
      try {
        started(store);
        await scope.sleep(Infinity);
      } finally {
        await shield(3_000, ({ scope: own }) => release(own), { parent: scope }).catch((error: unknown) =>
          log.error({ error: String(error) }, "the claims were not released"),
        );
      }
    } finally {
      await database.close();
    }
  };
}

/** Serves HTTP, and passes its address on. When the shutdown begins, it accepts no more connections, and ends with the last one. */
function listen(parts: AppParts): StartFunction<string> {
  return async (scope, started) => {
    const app = createApp(parts);
    const { config, supervisor } = parts;
    try {
      await scope.race(
        app.listen({
          host: config.host,
          port: config.port,
          listenTextResolver: (address) => `listening on ${address}`,
        }),
      );
      const closed = once(app.server, "close");
      supervisor.onShutdown(() => void app.close()); // closes idle connections, too
      const { address, port } = app.server.address() as AddressInfo;
      started(`http://${address}:${port}`);
      await scope.race(closed);
    } finally {
      app.server.closeAllConnections();
      await app.close();
    }
  };
}
