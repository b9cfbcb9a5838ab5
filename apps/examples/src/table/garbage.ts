import { setImmediate } from "node:timers/promises";

/**
 * Collects all garbage there is. Turns of the event loop come first: until the present one is over, whatever a `WeakRef` was made for
 * or asked for in it is kept.
 *
 * @throws {Error} Where the process was not started with `--expose-gc`.
 */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error("expected node --expose-gc: start it as run-probes.ts does");
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  globalThis.gc();
}
