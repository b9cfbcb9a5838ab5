import { Mutex, Semaphore } from "async-mutex";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  guarded(n, limit, body) {
    const semaphore = limit === 1 ? new Mutex() : new Semaphore(limit);
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(semaphore.runExclusive(body));
    return Promise.all(all);
  },
};
