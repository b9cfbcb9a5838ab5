/** An `AbortController` for each task, linked to its owner's by a listener that is removed when the task has ended. */
import { LONG, type LongLived, type Programs, type Request, type Wait } from "../programs.js";
import { allWaiting, bodies, resolved, work } from "../work.js";
import { aborted } from "./aborted.js";

export const programs: Programs = {
  async cancelWide(n) {
    const owner = new AbortController();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(linked(owner.signal, wait));
    await allWaiting(n);
    owner.abort();
    await Promise.allSettled(tasks);
  },

  async cancelDeep(n) {
    const owner = new AbortController();
    const outermost = linked(owner.signal, (signal) => level(signal, n));
    await allWaiting(n);
    owner.abort();
    await Promise.allSettled([outermost]);
  },

  async cancelOne(n) {
    const owner = new AbortController();
    const own: AbortController[] = [];
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) {
      const controller = new AbortController();
      own.push(controller);
      tasks.push(linked(owner.signal, wait, controller));
    }
    await allWaiting(n);
    return {
      async cancel(index) {
        own[index]!.abort();
        await Promise.allSettled([tasks[index]]);
      },
      close: () => owner.abort(),
    };
  },

  async hold(n, wait) {
    const owner = new AbortController();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(linked(owner.signal, holds[wait]));
    const done = Promise.allSettled(tasks);
    tasks.length = 0;
    await allWaiting(n);
    return () => {
      owner.abort();
      return done;
    };
  },

  async readSignals(n, request, cancelled) {
    const owner = new AbortController();
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(linked(owner.signal, request));
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
        for (let i = 0; i < n; i++) await linked(owner.signal, bodies.microtask);
      }
      return { finish, close: () => owner.abort() };
    },
  },
};

async function linked(owner: AbortSignal, body: Request, own: AbortController = new AbortController()): Promise<void> {
  const abort = (): void => {
    own.abort(owner.reason);
  };
  owner.addEventListener("abort", abort, { once: true });
  try {
    await body(own.signal);
  } finally {
    owner.removeEventListener("abort", abort);
  }
}

async function wait(signal: AbortSignal): Promise<void> {
  work.started++;
  try {
    await aborted(signal);
  } finally {
    work.ended++;
  }
}

async function level(signal: AbortSignal, depth: number): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  const inner = depth > 1 ? linked(signal, (own) => level(own, depth - 1)) : undefined;
  try {
    await aborted(signal);
  } finally {
    await Promise.allSettled([inner]);
    work.ended++;
  }
}

const holds: Record<Wait, Request> = {
  "for ever": wait,

  async sleeping(signal) {
    work.started++;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(resolve, LONG);
        signal.addEventListener(
          "abort",
          () => {
            reject(signal.reason as Error);
          },
          { once: true },
        );
      });
    } finally {
      clearTimeout(timer);
      work.ended++;
    }
  },
};
