import Bottleneck from "bottleneck";
import type { Programs } from "../programs.js";

const limiter = new Bottleneck({ reservoir: Infinity });

export const programs: Programs = {
  guarded(n, limit, body) {
    const semaphore = new Bottleneck({ maxConcurrent: limit });
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(semaphore.schedule(body));
    return Promise.all(all);
  },

  async rateLimited(n, body) {
    for (let i = 0; i < n; i++) await limiter.schedule(body);
  },
};
