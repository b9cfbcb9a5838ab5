/**
 * The errors that are reported as uncaught while `act` runs, and in the two turns of the event loop after it. No other
 * listener gets them.
 */
export async function uncaughtDuring(act: () => unknown): Promise<unknown[]> {
  const caught: unknown[] = [];
  const note = (error: unknown): void => void caught.push(error);
  const listeners = process.rawListeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", note);
  try {
    await act();
  } finally {
    await turn();
    await turn();
    process.off("uncaughtException", note);
    for (const listener of listeners) process.on("uncaughtException", listener as NodeJS.UncaughtExceptionListener);
  }
  return caught;
}

// Kept from before any test installs fake timers.
const nextTurn = setImmediate;

/** Lets the event loop turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void nextTurn(resolve));
}
