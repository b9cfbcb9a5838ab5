import { getEventListeners } from "node:events";

const shutdown = new AbortController();
const listeners = () => getEventListeners(shutdown.signal, "abort").length;

/** A connection that closes when the server does. */
class Connection {
  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => this.close(), { once: true });
  }
  close(): void {} // forgets to remove the listener
}

for (let n = 0; n < 5; n++) new Connection(shutdown.signal).close();
console.log(`listeners left: ${listeners()}`);
