import { Watch } from "@selvage/channel";
import { retry, retryAfter } from "@selvage/retry";
import { type CancelScope, isCancellation } from "@selvage/scope";
import { map } from "@selvage/task-group";
import type { Deployment } from "./deployment.js";
import type { Destination } from "./destination.js";

/** The service has answered, but not with 202. */
class NotAcceptedError extends Error {
  readonly response: Response;

  constructor(response: Response, text: string) {
    super(`${response.status}: ${text.slice(0, 200)}`);
    this.response = response;
  }

  /** Whether another attempt could succeed. 408: the service did not read the request in time. */
  get isTemporary(): boolean {
    return this.response.status >= 500 || this.response.status === 408;
  }
}

/** An event to send. */
export interface Sent {
  readonly id: string;
  readonly destination: Destination;
}

/** How long a client waits for an answer, in milliseconds. */
const PATIENCE = 10_000;
/** How often a client sends an event. */
const ATTEMPTS = 1_000;

/** The clients of the service: they send each event until it is accepted. */
export class Load {
  /** The ids that the service has answered with 202. */
  readonly accepted: Set<string> = new Set<string>();
  /** The ids whose clients have given up, and why. */
  readonly unaccepted: Map<string, string> = new Map<string, string>();
  /** How many events are accepted or given up. */
  readonly progress: Watch<number> = new Watch<number>(0);
  readonly #service: Deployment;

  constructor(service: Deployment) {
    this.#service = service;
  }

  /** Sends events, `limit` at once. */
  async send(parent: CancelScope, events: Iterable<Sent>, limit: number): Promise<void> {
    await map(events, (event, scope) => this.post(scope, event), { parent, limit });
  }

  /** Sends one event, until it is accepted or the client gives up. */
  async post(parent: CancelScope, event: Sent): Promise<void> {
    const options = { attempts: ATTEMPTS, attemptTimeout: PATIENCE, backoff: { initial: 50, max: 1_000 } };
    try {
      await retry((scope) => this.#post(scope, event), {
        parent,
        ...options,
        delayFor: retryAfter,
        retryIf: (error) => !(error instanceof NotAcceptedError) || error.isTemporary,
      });
      this.accepted.add(event.id);
    } catch (error) {
      if (isCancellation(error, parent)) throw error;
      this.unaccepted.set(event.id, String(error));
    }
    this.progress.set(this.accepted.size + this.unaccepted.size);
  }

  async #post(scope: CancelScope, { id, destination }: Sent): Promise<void> {
    const url = await this.#service.url.until(scope, (value) => value !== undefined);
    const response = await fetch(`${url}/events`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": id },
      body: JSON.stringify({ url: destination.url, data: { id, text: "an event of the fault runs" } }),
      signal: scope.signal,
    });
    const text = await response.text();
    if (response.status !== 202) throw new NotAcceptedError(response, text);
  }
}
