import type { Channel } from "@selvage/channel";
import type { CancelScope } from "@selvage/scope";
import { moveOnAfter } from "@selvage/timeout";
import type { Config } from "./config.js";
import type { Deliveries } from "./deliveries.js";
import type { ClaimedEvent, EventStore } from "./event-store.js";

/** What the poller uses. */
export interface Polling {
  readonly store: EventStore;
  readonly deliveries: Deliveries;
  /** Has an item when there may be something to do: an event was stored, or a delivery has ended. */
  readonly wake: Channel<undefined>;
  readonly config: Config;
  /** Starts a delivery. */
  readonly start: (event: ClaimedEvent) => void;
}

/** Claims due events and starts their deliveries, until it is cancelled. It fails if the database does; the supervisor starts it again. */
export async function poll(scope: CancelScope, { store, deliveries, wake, config, start }: Polling): Promise<never> {
  for (;;) {
    const room = config.inFlight - deliveries.size;
    const claimed = room > 0 ? await store.claim(scope, room, deliveries.running) : [];
    for (const event of claimed) start(event);
    if (claimed.length === 0) {
      await moveOnAfter(config.pollInterval, ({ scope: own }) => wake.receive(own), { parent: scope });
    }
  }
}
