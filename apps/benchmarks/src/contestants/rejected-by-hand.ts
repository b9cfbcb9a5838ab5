/** Promises that are rejected one by one: the tasks end as cancelled ones do, by an error that is thrown where they wait. */
import type { Programs } from "../programs.js";
import { allWaiting, resolved, work } from "../work.js";

let rejecters: ((reason: Error) => void)[] = [];

export const programs: Programs = {
  async cancelWide(n) {
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(task());
    await allWaiting(n);
    rejectAll();
    await Promise.allSettled(tasks);
  },

  async cancelDeep(n) {
    const outermost = level(n);
    await allWaiting(n);
    rejectAll();
    await Promise.allSettled([outermost]);
  },
};

async function task(): Promise<void> {
  work.started++;
  try {
    await cancellation();
  } finally {
    work.ended++;
  }
}

async function level(depth: number): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  const inner = depth > 1 ? level(depth - 1) : undefined;
  try {
    await cancellation();
  } finally {
    await Promise.allSettled([inner]);
    work.ended++;
  }
}

function cancellation(): Promise<never> {
  return new Promise((_, reject) => {
    rejecters.push(reject);
  });
}

function rejectAll(): void {
  const waiting = rejecters;
  rejecters = [];
  const reason = new Error("cancelled"); // one for all
  for (const reject of waiting) reject(reason);
}
