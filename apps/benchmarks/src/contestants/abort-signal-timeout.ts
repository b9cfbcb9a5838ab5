/** `AbortSignal.timeout`, as it is handed to what accepts a signal. */
import { LONG, type Programs } from "../programs.js";
import type { Body } from "../work.js";

export const programs: Programs = {
  async limitInTurn(n, operation) {
    for (let i = 0; i < n; i++) await limited(operation);
  },

  limitTogether(n, operation) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(limited(operation));
    return Promise.all(all);
  },

  async requestInTurn(n, request) {
    for (let i = 0; i < n; i++) await request(AbortSignal.timeout(LONG));
  },

  requestTogether(n, request) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(request(AbortSignal.timeout(LONG)));
    return Promise.all(all);
  },
};

async function limited(operation: Body): Promise<void> {
  const signal = AbortSignal.timeout(LONG);
  await operation();
  signal.throwIfAborted();
}
