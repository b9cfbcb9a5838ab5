import { CancelScope } from "@selvage/scope";
import { Mutex, Semaphore } from "@selvage/semaphore";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  async guarded(n, limit, body) {
    const semaphore = limit === 1 ? new Mutex() : new Semaphore(limit);
    const scope = new CancelScope();
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(semaphore.run(scope, body));
    await Promise.all(all);
    scope.close();
  },
};
