/** Reports an error as uncaught, as an `EventTarget` does with what a listener throws (S4): it reaches the process's or the window's handler. */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
