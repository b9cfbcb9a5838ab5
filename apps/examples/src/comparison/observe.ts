import type { VirtualClock } from "@selvage/testing";

/** How and when a call settled. */
export type Outcome =
  | { readonly at: number; readonly ok: true; readonly value: unknown }
  | { readonly at: number; readonly ok: false; readonly error: unknown };

/** An unhandled rejection. By default it ends the process. */
interface Unhandled {
  readonly reason: unknown;
  readonly promise: Promise<unknown>;
}

/** What was observed until the end of all work. */
export interface Observation {
  readonly outcome: Outcome;
  readonly unhandled: readonly Unhandled[];
}

/**
 * Starts something in virtual time, records when it settles, and continues until no work of it is left. So it also
 * observes what happens after the caller has control back.
 */
export async function observe(clock: VirtualClock, start: () => Promise<unknown>): Promise<Observation> {
  let outcome: Outcome | undefined;
  const unhandled = await captureUnhandled(async () => {
    void start().then(
      (value) => (outcome = { at: clock.now(), ok: true, value }),
      (error: unknown) => (outcome = { at: clock.now(), ok: false, error }),
    );
    await clock.runAll();
  });
  if (outcome === undefined) throw new Error("expected the call to settle, but everything ended and it did not");
  return { outcome, unhandled };
}

/** Replaces all other listeners meanwhile: here an unhandled rejection is a finding, but they would treat it as an error. */
async function captureUnhandled(run: () => Promise<void>): Promise<Unhandled[]> {
  const unhandled: Unhandled[] = [];
  const note = (reason: unknown, promise: Promise<unknown>): void => void unhandled.push({ reason, promise });
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", note);
  try {
    await run();
  } finally {
    process.off("unhandledRejection", note);
    for (const listener of others) process.on("unhandledRejection", listener);
  }
  return unhandled;
}
