import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects all garbage there is. Turns of the event loop come first: until the present one is over, whatever a `WeakRef` was made for
 * or asked for in it is kept.
 */
export async function collectGarbage(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}
