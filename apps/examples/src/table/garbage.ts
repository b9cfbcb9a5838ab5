import { setImmediate } from "node:timers/promises";

/**
 * Collects all garbage. It first lets the event loop turn, because objects for which a `WeakRef` was created or
 * dereferenced are kept until the end of the present turn.
 *
 * @throws {Error} If the process was not started with `--expose-gc`.
 */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error("expected node --expose-gc: start it as run-probes.ts does");
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  globalThis.gc();
}
