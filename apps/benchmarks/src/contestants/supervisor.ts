import { CancelScope, Supervisor } from "@selvage/supervisor";
import type { LongLived, Programs } from "../programs.js";
import { allWaiting, bodies, resolved, turn, work } from "../work.js";
import { cleansUp, type CleanUp, failsToCleanUp, sleepLong, waitForEver } from "./waiting.js";

export const programs: Programs = {
  startAndJoin: (n, body) =>
    Supervisor.run((supervisor) => {
      for (let i = 0; i < n; i++) supervisor.createTask(body);
    }),

  async cancelWide(n) {
    const supervisor = new Supervisor();
    for (let i = 0; i < n; i++) supervisor.createTask(waitForEver);
    await allWaiting(n);
    await supervisor.shutdown();
  },

  cancelDeep: (n) => cancelDeep(n, cleansUp),

  async cancelFailing(n) {
    failures = 0;
    await cancelDeep(n, failsToCleanUp);
    if (n > 1 && failures !== 1) throw new Error(`expected 1 failure, got ${failures}`);
  },

  async cancelOne(n) {
    const supervisor = new Supervisor();
    const tasks = Array.from({ length: n }, () => supervisor.createTask(waitForEver));
    await allWaiting(n);
    return {
      async cancel(index) {
        const task = tasks[index]!;
        task.cancel();
        await Promise.allSettled([task]);
      },
      close: () => supervisor.join(),
    };
  },

  async hold(n, wait) {
    const supervisor = new Supervisor();
    const body = wait === "sleeping" ? sleepLong : waitForEver;
    for (let i = 0; i < n; i++) supervisor.createTask(body);
    await allWaiting(n);
    return () => supervisor.shutdown();
  },

  comeAndGo: {
    task: () => underSupervisor(new Supervisor(), bodies.microtask),
    queued: () => underSupervisor(new Supervisor({ limit: 1 }), bodies.microtask),

    cancelled(): LongLived {
      const supervisor = new Supervisor();
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) supervisor.createTask(waitForEver).cancel();
        while (supervisor.size > 0) await turn();
      }
      return { finish, close: () => supervisor.shutdown() };
    },

    restart(): LongLived {
      const supervisor = new Supervisor({ onError: ignore });
      return {
        finish: (n) => restartMany(supervisor, n, 1_000),
        close: () => supervisor.shutdown(),
      };
    },
  },

  limited: (items, limit, body) =>
    Supervisor.run(
      (supervisor) => {
        for (let left = items.length; left > 0; left--) supervisor.createTask(body);
      },
      { limit },
    ),

  async readSignals(n, request, cancelled) {
    const supervisor = new Supervisor();
    const task = (scope: CancelScope): Promise<void> => request(scope.signal);
    for (let i = 0; i < n; i++) supervisor.createTask(task);
    if (!cancelled) return supervisor.join();
    await allWaiting(n);
    return supervisor.shutdown();
  },

  restart: (n) => Supervisor.run((supervisor) => restartMany(supervisor, n, Infinity), { onError: ignore }),
};

let failures = 0;

function countFailure(): void {
  failures++;
}

function ignore(): void {}

function underSupervisor(supervisor: Supervisor, body: () => Promise<void>): LongLived {
  async function finish(n: number): Promise<void> {
    for (let i = 0; i < n; i++) supervisor.createTask(body);
    while (supervisor.size > 0) await turn();
  }
  return { finish, close: () => supervisor.shutdown() };
}

/** One task that fails in all of its `n` runs but the last, within a window of so many milliseconds. */
async function restartMany(supervisor: Supervisor, n: number, within: number): Promise<void> {
  let left = n;
  const failure = new Error("failed");
  const fn = async (): Promise<void> => {
    work.started++;
    await resolved;
    work.ended++;
    if (--left > 0) throw failure;
  };
  await supervisor.createTask(fn, { restart: { when: "on-failure", maxRestarts: n, within } });
}

async function cancelDeep(n: number, cleanUp: CleanUp): Promise<void> {
  const owner = new CancelScope();
  const outermost = owner.run((scope) => level(scope, n, cleanUp));
  await allWaiting(n);
  owner.cancel();
  await outermost;
}

async function level(parent: CancelScope, depth: number, cleanUp: CleanUp): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  try {
    await Supervisor.run(
      (supervisor) => {
        if (depth > 1) supervisor.createTask((scope) => level(scope, depth - 1, cleanUp));
        return supervisor.scope.sleep(Infinity);
      },
      { parent, onError: countFailure },
    );
  } finally {
    work.ended++;
    if (depth === 1) cleanUp();
  }
}
