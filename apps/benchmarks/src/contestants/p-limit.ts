import pLimit from "p-limit";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  startAndJoin(n, body) {
    const limit = pLimit(Infinity);
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(limit(body));
    return Promise.all(tasks);
  },

  guarded(n, concurrency, body) {
    const limit = pLimit(concurrency);
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(limit(body));
    return Promise.all(all);
  },

  limited(items, concurrency, body) {
    const limit = pLimit(concurrency);
    return Promise.all(items.map(() => limit(body)));
  },
};
