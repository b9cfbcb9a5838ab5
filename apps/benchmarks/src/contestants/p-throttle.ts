import pThrottle from "p-throttle";
import type { Programs } from "../programs.js";

const throttle = pThrottle({ limit: 1_000_000_000, interval: 1 });

export const programs: Programs = {
  async rateLimited(n, body) {
    const throttled = throttle(body);
    for (let i = 0; i < n; i++) await throttled();
  },
};
