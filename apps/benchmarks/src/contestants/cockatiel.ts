import { circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, handleAll, retry } from "cockatiel";
import type { Programs } from "../programs.js";

const policy = retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() });
const breaker = circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) });

export const programs: Programs = {
  async retried(n, body) {
    for (let i = 0; i < n; i++) await policy.execute(body);
  },

  async broken(n, body) {
    for (let i = 0; i < n; i++) await breaker.execute(body);
  },
};
