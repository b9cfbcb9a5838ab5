import { delay, forever, run, spawn } from "abort-controller-x";
import { LONG, type LongLived, type Programs, type Request, type Wait } from "../programs.js";
import { allWaiting, bodies, resolved, work } from "../work.js";

export const programs: Programs = {
  startAndJoin: (n, body) => group(new AbortController().signal, n, body),

  async cancelWide(n) {
    const stop = run((signal) => group(signal, n, waitForEver));
    await allWaiting(n);
    await stop();
  },

  async cancelDeep(n) {
    const stop = run(level(n));
    await allWaiting(n);
    await stop();
  },

  async hold(n, wait) {
    const stop = run((signal) => group(signal, n, holds[wait]));
    await allWaiting(n);
    return stop;
  },

  async readSignals(n, request, cancelled) {
    if (!cancelled) return group(new AbortController().signal, n, request);
    const stop = run((signal) => group(signal, n, request));
    await allWaiting(n);
    return stop();
  },

  comeAndGo: {
    task(): LongLived {
      const owner = new AbortController();
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) await spawn(owner.signal, bodies.microtask);
      }
      return { finish, close: () => owner.abort() };
    },
  },
};

/** Runs so many forks, and waits for all. */
function group(signal: AbortSignal, n: number, body: Request): Promise<void> {
  return spawn(signal, async (_, effects) => {
    const joined: Promise<void>[] = [];
    for (let i = 0; i < n; i++) joined.push(effects.fork(body).join());
    await Promise.all(joined);
  });
}

async function waitForEver(signal: AbortSignal): Promise<void> {
  work.started++;
  try {
    await forever(signal);
  } finally {
    work.ended++;
  }
}

const holds: Record<Wait, Request> = {
  "for ever": waitForEver,

  async sleeping(signal) {
    work.started++;
    try {
      await delay(signal, LONG);
    } finally {
      work.ended++;
    }
  },
};

function level(depth: number): Request {
  return async (signal) => {
    await resolved; // unwinds the stack: a tree may be deeper than the stack
    work.started++;
    try {
      await spawn(signal, async (own, effects) => {
        if (depth > 1) effects.fork(level(depth - 1));
        await forever(own);
      });
    } finally {
      work.ended++;
    }
  };
}
