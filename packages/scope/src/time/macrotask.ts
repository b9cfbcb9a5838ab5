import type { Clock } from "./clock.js";

/** Resolves in the next macrotask, after the event loop has turned. It uses the cheapest means that the platform has at call time. */
export function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    if (clock.turn !== undefined) {
      clock.turn(resolve);
      return;
    }
    const platform = globalThis as { setImmediate?: (callback: () => void) => unknown };
    if (typeof platform.setImmediate === "function") platform.setImmediate(resolve);
    else if (typeof MessageChannel === "function") postTurn(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Uses a message, because browsers delay a nested `setTimeout(0)` by 4 ms. */
function postTurn(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(undefined);
}
