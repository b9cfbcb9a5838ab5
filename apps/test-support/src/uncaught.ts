/**
 * What reached the process as an uncaught exception or an unhandled rejection while `body` ran, and in the turn after
 * it.
 */
export async function uncaughtDuring(body: () => unknown): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => process.rawListeners(event));
  for (const event of events) process.removeAllListeners(event).on(event, note);
  try {
    await body();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    events.forEach((event, index) => {
      process.removeAllListeners(event);
      for (const listener of before[index]!) process.on(event, listener as () => void);
    });
  }
  return uncaught;
}
