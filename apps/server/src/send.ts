import { createHmac } from "node:crypto";
import type { CancelScope } from "@selvage/scope";
import type { ClaimedEvent } from "./event-store.js";

/** A destination has answered, but not with success. */
export class RefusedError extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`${response.status} from the destination`);
    this.response = response;
  }

  /** Whether another attempt could succeed: after a 5xx, a 408 and a 429. */
  get isTemporary(): boolean {
    const { status } = this.response;
    return status >= 500 || status === 408 || status === 429;
  }
}

/**
 * Sends an event once, as the Standard Webhooks specification says: its id stays the same in later attempts, so that a receiver can ignore what it
 * already has.
 */
export async function send({ signal }: CancelScope, event: ClaimedEvent, secret: string | undefined): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1_000).toString();
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "webhook-id": event.id,
    "webhook-timestamp": timestamp,
  };
  if (secret !== undefined) {
    const signed = `${event.id}.${timestamp}.${event.body}`;
    headers["webhook-signature"] = `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`;
  }
  const response = await fetch(event.url, { method: "POST", headers, body: event.body, redirect: "manual", signal });
  await response.body?.cancel(); // an answer that is not read keeps its connection
  if (!response.ok) throw new RefusedError(response);
}
