import { CancelScope, Supervisor } from "@selvage/supervisor";
import { LONG, type LongLived, type Programs } from "../programs.js";
import { allWaiting, bodies, resolved, turn, work } from "../work.js";

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

  async cancelDeep(n) {
    const owner = new CancelScope();
    const outermost = owner.run((scope) => level(scope, n));
    await allWaiting(n);
    owner.cancel();
    await outermost;
  },

  async hold(n, wait) {
    const supervisor = new Supervisor();
    const body = wait === "sleeping" ? sleep : waitForEver;
    for (let i = 0; i < n; i++) supervisor.createTask(body);
    await allWaiting(n);
    return () => supervisor.shutdown();
  },

  open(): LongLived {
    const supervisor = new Supervisor();
    async function finish(n: number): Promise<void> {
      for (let i = 0; i < n; i++) supervisor.createTask(bodies.microtask);
      while (supervisor.size > 0) await turn();
    }
    return { finish, close: () => supervisor.shutdown() };
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
};

async function waitForEver(scope: CancelScope): Promise<void> {
  work.started++;
  try {
    await scope.sleep(Infinity);
  } finally {
    work.ended++;
  }
}

async function sleep(scope: CancelScope): Promise<void> {
  work.started++;
  try {
    await scope.sleep(LONG);
  } finally {
    work.ended++;
  }
}

async function level(parent: CancelScope, depth: number): Promise<void> {
  await resolved; // on a stack of its own
  work.started++;
  try {
    await Supervisor.run(
      (supervisor) => {
        if (depth > 1) supervisor.createTask((scope) => level(scope, depth - 1));
        return supervisor.scope.sleep(Infinity);
      },
      { parent },
    );
  } finally {
    work.ended++;
  }
}
