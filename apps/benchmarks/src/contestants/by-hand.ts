/** Promises that are resolved one by one: the tasks end as if they had succeeded. */
import type { Programs } from "../programs.js";
import { allWaiting, resolved, work } from "../work.js";

let resolvers: (() => void)[] = [];

export const programs: Programs = {
  async cancelWide(n) {
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(task());
    await allWaiting(n);
    resolveAll();
    await Promise.all(tasks);
  },

  async cancelDeep(n) {
    const outermost = level(n);
    await allWaiting(n);
    resolveAll();
    await outermost;
  },
};

async function task(): Promise<void> {
  work.started++;
  await new Promise<void>((resolve) => {
    resolvers.push(resolve);
  });
  work.ended++;
}

async function level(depth: number): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  const inner = depth > 1 ? level(depth - 1) : undefined;
  await new Promise<void>((resolve) => {
    resolvers.push(resolve);
  });
  await inner;
  work.ended++;
}

function resolveAll(): void {
  const waiting = resolvers;
  resolvers = [];
  for (const resolve of waiting) resolve();
}
