import pLimit from "p-limit";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  startAndJoin(n, body) {
    const limit = pLimit(Infinity);
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(limit(body));
    return Promise.all(tasks);
  },

  limited(items, concurrency, body) {
    const limit = pLimit(concurrency);
    return Promise.all(items.map(() => limit(body)));
  },
};
