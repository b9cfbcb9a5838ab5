import { retry } from "@selvage/retry";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  async retried(n, body) {
    for (let i = 0; i < n; i++) await retry(body);
  },
};
