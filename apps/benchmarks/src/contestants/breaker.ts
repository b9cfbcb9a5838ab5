import { Breaker } from "@selvage/retry";
import { CancelScope } from "@selvage/scope";
import type { Programs } from "../programs.js";

const breaker = new Breaker({ failures: 5 }, { resetAfter: 30_000 });

export const programs: Programs = {
  async broken(n, body) {
    const scope = new CancelScope();
    for (let i = 0; i < n; i++) await breaker.run(scope, body);
    scope.close();
  },
};
