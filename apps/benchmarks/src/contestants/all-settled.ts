import type { Programs } from "../programs.js";

export const programs: Programs = {
  startAndJoin(n, body) {
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(body());
    return Promise.allSettled(tasks);
  },
};
