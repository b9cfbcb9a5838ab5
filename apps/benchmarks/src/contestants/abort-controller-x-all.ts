/** Its `all`, for tasks that are known beforehand; tasks share a signal. */
import { all, forever, run } from "abort-controller-x";
import type { Programs } from "../programs.js";
import { allWaiting, work } from "../work.js";

export const programs: Programs = {
  startAndJoin: (n, body) =>
    all(new AbortController().signal, () => {
      const tasks: Promise<void>[] = [];
      for (let i = 0; i < n; i++) tasks.push(body());
      return tasks;
    }),

  async cancelWide(n) {
    const stop = run((signal) =>
      all(signal, (own) => {
        const tasks: Promise<void>[] = [];
        for (let i = 0; i < n; i++) tasks.push(waitForEver(own));
        return tasks;
      }).then(() => {}),
    );
    await allWaiting(n);
    await stop();
  },
};

async function waitForEver(signal: AbortSignal): Promise<void> {
  work.started++;
  try {
    await forever(signal);
  } finally {
    work.ended++;
  }
}
