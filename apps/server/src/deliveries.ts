import { retry, RetryError, retryAfter } from "@selvage/retry";
import { type CancelScope, isCancellation } from "@selvage/scope";
import { Keyed, Semaphore } from "@selvage/semaphore";
import { shield, timeout } from "@selvage/timeout";
import type { FastifyBaseLogger } from "fastify";
import type { Config } from "./config.js";
import type { ClaimedEvent, EventStore } from "./event-store.js";
import type { Meters } from "./meters.js";
import { RefusedError, send } from "./send.js";

/** Delivers events: so many at once to each destination, with a time limit for each attempt, and with retries. */
export class Deliveries {
  readonly #store: EventStore;
  readonly #config: Config;
  readonly #meters: Meters;
  readonly #log: FastifyBaseLogger;
  readonly #destinations: Keyed<string, Semaphore>;
  /** How many deliveries there are to each destination. */
  readonly running: Map<string, number> = new Map<string, number>();
  /** How many deliveries there are. */
  size: number = 0;

  constructor(store: EventStore, config: Config, meters: Meters, log: FastifyBaseLogger) {
    this.#store = store;
    this.#config = config;
    this.#meters = meters;
    this.#log = log;
    this.#destinations = new Keyed((origin: string) => new Semaphore(config.perDestination, { name: origin }));
  }

  /** Delivers an event, and records how that ended. If it is cancelled, the event stays claimed until it is released. */
  async deliver(scope: CancelScope, event: ClaimedEvent): Promise<void> {
    const { destination } = event;
    this.size++;
    this.running.set(destination, (this.running.get(destination) ?? 0) + 1);
    try {
      await this.#deliver(scope, event);
    } finally {
      this.size--;
      const left = this.running.get(destination)! - 1;
      if (left === 0) this.running.delete(destination);
      else this.running.set(destination, left);
    }
  }

  async #deliver(scope: CancelScope, event: ClaimedEvent): Promise<void> {
    try {
      // The claim ends at the lease. Before that, the event must have been sent or handed back.
      await timeout(
        this.#config.lease * 0.8,
        ({ scope: own }) => this.#destinations.run(own, event.destination, (permit) => this.#round(permit, event)),
        { parent: scope },
      );
    } catch (error) {
      if (isCancellation(error, scope)) throw error;
      this.#meters.count("round_failed");
      this.#log.info({ event: event.id, to: event.destination, error: String(error) }, "a round has failed");
      await this.#store.failed(scope, event, String(error), isFinal(error));
      return;
    }
    this.#meters.count("delivered");
    // The destination has the event: neither a shutdown nor a restart of the database must make it due again.
    const record = (own: CancelScope): Promise<void> => this.#store.delivered(own, event);
    const options = { attempts: Infinity, backoff: { initial: 100, max: 1_000 } };
    await shield(10_000, ({ scope: own }) => retry(record, { parent: own, ...options }), { parent: scope });
  }

  /** Tries a few times. */
  #round(parent: CancelScope, event: ClaimedEvent): Promise<void> {
    const { attempts, lease, attemptTimeout, retryDelay, secret } = this.#config;
    return retry((scope) => send(scope, event, secret), {
      parent,
      name: "send", // each attempt has a span
      attempts,
      timeout: lease,
      attemptTimeout,
      backoff: { initial: retryDelay },
      delayFor: retryAfter,
      retryIf: (error) => !(error instanceof RefusedError) || error.isTemporary,
    });
  }
}

/** Whether the destination has refused the event for good. */
function isFinal(error: unknown): boolean {
  const last: unknown = error instanceof RetryError ? error.errors.at(-1) : error;
  return last instanceof RefusedError && !last.isTemporary;
}
