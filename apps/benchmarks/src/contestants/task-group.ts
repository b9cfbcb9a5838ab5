import { CancelScope, TaskGroup } from "@selvage/task-group";
import type { LongLived, Programs } from "../programs.js";
import { allWaiting, bodies, resolved, turn, work } from "../work.js";
import { cleansUp, type CleanUp, expectFailure, failsToCleanUp, sleepLong, waitForEver } from "./waiting.js";

export const programs: Programs = {
  startAndJoin: (n, body) =>
    TaskGroup.run((group) => {
      for (let i = 0; i < n; i++) group.createTask(body);
    }),

  observed: (n, body, isNamed) =>
    TaskGroup.run(
      (group) => {
        const options = isNamed ? { name: "task" } : undefined;
        for (let i = 0; i < n; i++) group.createTask(body, options);
      },
      { name: "group" },
    ),

  cancelWide: (n) =>
    TaskGroup.run(async (group) => {
      for (let i = 0; i < n; i++) group.createTask(waitForEver);
      await allWaiting(n);
      group.cancel();
    }),

  cancelDeep: (n) => cancelDeep(n, cleansUp),
  cancelFailing: (n) => expectFailure(cancelDeep(n, failsToCleanUp)),

  async cancelOne(n) {
    const group = new TaskGroup();
    const tasks = Array.from({ length: n }, () => group.createTask(waitForEver));
    await allWaiting(n);
    return {
      async cancel(index) {
        const task = tasks[index]!;
        task.cancel();
        await Promise.allSettled([task]);
      },
      close: () => group.join(),
    };
  },

  async hold(n, wait) {
    const group = new TaskGroup();
    const body = wait === "sleeping" ? sleepLong : waitForEver;
    for (let i = 0; i < n; i++) group.createTask(body);
    await allWaiting(n);
    return () => {
      group.cancel();
      return group.join();
    };
  },

  comeAndGo: {
    task: () => underGroup(new TaskGroup(), bodies.microtask),
    queued: () => underGroup(new TaskGroup({ limit: 1 }), bodies.microtask),

    cancelled(): LongLived {
      const group = new TaskGroup();
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) group.createTask(waitForEver).cancel();
        while (group.size > 0) await turn();
      }
      return { finish, close: () => group.join() };
    },
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

function underGroup(group: TaskGroup, body: () => Promise<void>): LongLived {
  async function finish(n: number): Promise<void> {
    for (let i = 0; i < n; i++) group.createTask(body);
    while (group.size > 0) await turn();
  }
  return { finish, close: () => group.join() };
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
    await TaskGroup.run(
      (group) => {
        if (depth > 1) group.createTask((scope) => level(scope, depth - 1, cleanUp));
        return group.scope.sleep(Infinity);
      },
      { parent },
    );
  } finally {
    work.ended++;
    if (depth === 1) cleanUp();
  }
}
