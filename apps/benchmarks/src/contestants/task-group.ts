import { CancelScope, TaskGroup } from "@selvage/task-group";
import { LONG, type LongLived, type Programs } from "../programs.js";
import { allWaiting, bodies, resolved, turn, work } from "../work.js";

export const programs: Programs = {
  startAndJoin: (n, body) =>
    TaskGroup.run((group) => {
      for (let i = 0; i < n; i++) group.createTask(body);
    }),

  cancelWide: (n) =>
    TaskGroup.run(async (group) => {
      for (let i = 0; i < n; i++) group.createTask(waitForEver);
      await allWaiting(n);
      group.cancel();
    }),

  async cancelDeep(n) {
    const owner = new CancelScope();
    const outermost = owner.run((scope) => level(scope, n));
    await allWaiting(n);
    owner.cancel();
    await outermost;
  },

  async hold(n, wait) {
    const group = new TaskGroup();
    const body = wait === "sleeping" ? sleep : waitForEver;
    for (let i = 0; i < n; i++) group.createTask(body);
    await allWaiting(n);
    return () => {
      group.cancel();
      return group.join();
    };
  },

  open(): LongLived {
    const group = new TaskGroup();
    async function finish(n: number): Promise<void> {
      for (let i = 0; i < n; i++) group.createTask(bodies.microtask);
      while (group.size > 0) await turn();
    }
    return { finish, close: () => group.join() };
  },

  limited: (items, limit, body) =>
    TaskGroup.run(
      (group) => {
        for (let left = items.length; left > 0; left--) group.createTask(body);
      },
      { limit },
    ),

  readSignals: (n, request, cancelled) =>
    TaskGroup.run(async (group) => {
      const task = (scope: CancelScope): Promise<void> => request(scope.signal);
      for (let i = 0; i < n; i++) group.createTask(task);
      if (!cancelled) return;
      await allWaiting(n);
      group.cancel();
    }),
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
    await TaskGroup.run(
      (group) => {
        if (depth > 1) group.createTask((scope) => level(scope, depth - 1));
        return group.scope.sleep(Infinity);
      },
      { parent },
    );
  } finally {
    work.ended++;
  }
}
