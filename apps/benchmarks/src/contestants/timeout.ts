import { CancelScope, timeout } from "@selvage/timeout";
import { LONG, type LongLived, type Programs } from "../programs.js";
import { bodies, work } from "../work.js";

export const programs: Programs = {
  async limitInTurn(n, operation) {
    for (let i = 0; i < n; i++) await timeout(LONG, operation);
  },

  limitTogether(n, operation) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(timeout(LONG, operation));
    return Promise.all(all);
  },

  moveDeadline: (n) =>
    timeout(LONG, ({ scope, reschedule, when }) => {
      work.started++;
      const start = scope.clock.now() + LONG;
      for (let i = 1; i <= n; i++) reschedule(start + i);
      if (when() !== start + n) throw new Error(`expected the deadline moved by ${n} ms`);
      work.ended++;
    }),

  open(): LongLived {
    const parent = new CancelScope();
    async function finish(n: number): Promise<void> {
      for (let i = 0; i < n; i++) await timeout(LONG, bodies.microtask, { parent });
    }
    return { finish, close: () => parent.close() };
  },
};
