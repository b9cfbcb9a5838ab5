import { call, createScope, type Operation, race, run, sleep, spawn, suspend, until, useAbortSignal } from "effection";
import { LONG, type LongLived, type Programs, type Wait } from "../programs.js";
import { allWaiting, bodies, type Body, work } from "../work.js";

export const programs: Programs = {
  startAndJoin: (n, body) => run(() => group(n, () => call(body))),

  async cancelWide(n) {
    const task = run(() => group(n, waitForEver));
    await allWaiting(n);
    await task.halt();
  },

  async cancelDeep(n) {
    const task = run(() => level(n));
    await allWaiting(n);
    await task.halt();
  },

  async limitInTurn(n, operation) {
    await run(function* () {
      for (let i = 0; i < n; i++) yield* limited(operation);
    });
  },

  limitTogether: (n, operation) => run(() => group(n, () => limited(operation))),

  async cancelOne(n) {
    const [scope, destroy] = createScope();
    const tasks = Array.from({ length: n }, () => scope.run(waitForEver));
    await allWaiting(n);
    return { cancel: (index) => tasks[index]!.halt(), close: destroy };
  },

  async hold(n, wait) {
    const task = run(() => group(n, holds[wait]));
    await allWaiting(n);
    return () => task.halt();
  },

  async readSignals(n, request, cancelled) {
    function* reader(): Operation<void> {
      yield* until(request(yield* useAbortSignal()));
    }
    const task = run(() => group(n, reader));
    if (!cancelled) return task;
    await allWaiting(n);
    return task.halt();
  },

  comeAndGo: {
    task(): LongLived {
      const [scope, destroy] = createScope();
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) await scope.run(() => call(bodies.microtask));
      }
      return { finish, close: destroy };
    },
  },
};

/** Runs so many tasks, and waits for all. */
function* group(n: number, operation: () => Operation<void>): Operation<void> {
  const tasks: Operation<void>[] = [];
  for (let i = 0; i < n; i++) tasks.push(yield* spawn(operation));
  for (const task of tasks) yield* task;
}

function limited(operation: Body): Operation<void> {
  return race([call(operation), sleep(LONG)]);
}

function* waitForEver(): Operation<void> {
  work.started++;
  try {
    yield* suspend();
  } finally {
    work.ended++;
  }
}

const holds: Record<Wait, () => Operation<void>> = {
  "for ever": waitForEver,

  *sleeping() {
    work.started++;
    try {
      yield* sleep(LONG);
    } finally {
      work.ended++;
    }
  },
};

function* level(depth: number): Operation<void> {
  work.started++;
  try {
    if (depth > 1) void (yield* spawn(() => level(depth - 1)));
    yield* suspend();
  } finally {
    work.ended++;
  }
}
