/** One `AbortController` whose signal all tasks listen to. */
import type { Programs } from "../programs.js";
import { allWaiting, work } from "../work.js";
import { aborted } from "./aborted.js";

export const programs: Programs = {
  async cancelWide(n) {
    const owner = new AbortController();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(task(owner.signal));
    await allWaiting(n);
    owner.abort();
    await Promise.allSettled(tasks);
  },
};

async function task(signal: AbortSignal): Promise<void> {
  work.started++;
  try {
    await aborted(signal);
  } finally {
    work.ended++;
  }
}
