import { CancelScope } from "@selvage/scope";
import { RateLimiter } from "@selvage/semaphore";
import type { Programs } from "../programs.js";

const limiter = new RateLimiter({ rate: 1_000_000_000, per: 1 });

export const programs: Programs = {
  async rateLimited(n, body) {
    const scope = new CancelScope();
    for (let i = 0; i < n; i++) {
      await limiter.take(scope);
      await body();
    }
    scope.close();
  },
};
