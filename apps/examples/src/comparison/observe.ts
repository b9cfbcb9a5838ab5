import type { VirtualClock } from "@selvage/testing";

/** How something gave control back to its caller, and when. */
export type Outcome =
  | { readonly at: number; readonly ok: true; readonly value: unknown }
  | { readonly at: number; readonly ok: false; readonly error: unknown };

/** A rejection that nobody handled: by default Node ends the process for it. */
interface Unhandled {
  readonly reason: unknown;
  readonly promise: Promise<unknown>;
}

/** What there was to see of something that ran to its very end. */
export interface Observation {
  readonly outcome: Outcome;
  readonly unhandled: readonly Unhandled[];
}

/**
 * Starts something on virtual time, notes when it gives control back, and goes on until nothing that it began is left: what
 * happens behind the caller's back is what there is to see.
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
  if (outcome === undefined) throw new Error("expected control to come back, but everything ended and it did not");
  return { outcome, unhandled };
}

/** Stands in for every other listener meanwhile: here an unhandled rejection is a finding, for them it would be an accident. */
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
