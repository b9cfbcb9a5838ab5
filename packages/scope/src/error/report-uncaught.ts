/** Reports an error as uncaught, as an `EventTarget` reports the error of a listener (S4). It reaches the handler of the process or the window. */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
