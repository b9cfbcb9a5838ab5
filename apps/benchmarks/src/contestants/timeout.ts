import { CancelScope, timeout, TimeoutError, type Timeout } from "@selvage/timeout";
import type { ManualClock } from "../manual-clock.js";
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

  async requestInTurn(n, request) {
    for (let i = 0; i < n; i++) await timeout(LONG, ({ signal }) => request(signal));
  },

  requestTogether(n, request) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(timeout(LONG, ({ signal }) => request(signal)));
    return Promise.all(all);
  },

  async limitFires(ms, clock) {
    try {
      await timeout(ms, waitForEver, { clock });
    } catch (error) {
      if (error instanceof TimeoutError) return;
      throw error;
    }
    throw new Error("expected the time limit to be reached");
  },

  moveDeadline: (n) => move(n),
  moveOnClock: move,

  comeAndGo: {
    timeout(): LongLived {
      const parent = new CancelScope();
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) await timeout(LONG, bodies.microtask, { parent });
      }
      return { finish, close: () => parent.close() };
    },

    moved: () => ({ finish: moveMany, close() {} }),
  },
};

function move(n: number, clock?: ManualClock): Promise<void> {
  return timeout(
    LONG,
    ({ reschedule, when }) => {
      work.started++;
      const start = when()!;
      for (let i = 1; i <= n; i++) reschedule(start + i);
      if (when() !== start + n) throw new Error(`expected the deadline moved by ${n} ms`);
      work.ended++;
    },
    { clock },
  );
}

async function moveMany(n: number): Promise<void> {
  await move(n);
  work.started += n - 1;
  work.ended += n - 1;
}

async function waitForEver({ scope }: Timeout): Promise<void> {
  work.started++;
  try {
    await scope.sleep(Infinity);
  } finally {
    work.ended++;
  }
}
