/** Effect whose tasks are async functions that take a signal, as most code has them. */
import { Effect, Fiber } from "effect";
import type { Programs } from "../programs.js";
import { allWaiting, turn, work } from "../work.js";
import { aborted } from "./aborted.js";

export const programs: Programs = {
  async cancelWide(n) {
    const task = Effect.promise(waitForEver);
    const all = Effect.all(new Array<typeof task>(n).fill(task), { concurrency: "unbounded", discard: true });
    const fiber = Effect.runFork(all);
    await allWaiting(n);
    await Effect.runPromise(Fiber.interrupt(fiber));
    while (work.ended < n) await turn(); // an interrupt does not wait for the function
  },
};

async function waitForEver(signal: AbortSignal): Promise<void> {
  work.started++;
  try {
    await aborted(signal);
  } finally {
    work.ended++;
  }
}
