/** A controller for each task, its signal made one with the owner's by `AbortSignal.any`. */
import type { LongLived, Programs } from "../programs.js";
import { allWaiting, bodies, resolved, work } from "../work.js";
import { aborted } from "./aborted.js";

export const programs: Programs = {
  async cancelWide(n) {
    const owner = new AbortController();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(task(owner.signal));
    await allWaiting(n);
    owner.abort();
    await Promise.allSettled(tasks);
  },

  async cancelDeep(n) {
    const owner = new AbortController();
    const outermost = level(owner.signal, n);
    await allWaiting(n);
    owner.abort();
    await Promise.allSettled([outermost]);
  },

  async readSignals(n, request, cancelled) {
    const owner = new AbortController();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(request(AbortSignal.any([owner.signal, new AbortController().signal])));
    if (cancelled) {
      await allWaiting(n);
      owner.abort();
    }
    await Promise.allSettled(tasks);
  },

  comeAndGo: {
    scope(): LongLived {
      const owner = new AbortController();
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) {
          const signal = AbortSignal.any([owner.signal, new AbortController().signal]);
          await bodies.microtask();
          signal.throwIfAborted();
        }
      }
      return { finish, close: () => owner.abort() };
    },
  },
};

async function task(owner: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([owner, new AbortController().signal]);
  work.started++;
  try {
    await aborted(signal);
  } finally {
    work.ended++;
  }
}

async function level(owner: AbortSignal, depth: number): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  const signal = AbortSignal.any([owner, new AbortController().signal]);
  work.started++;
  const inner = depth > 1 ? level(signal, depth - 1) : undefined;
  try {
    await aborted(signal);
  } finally {
    await Promise.allSettled([inner]);
    work.ended++;
  }
}
