/** Bare scopes, whose owner waits for what it runs in them by hand. */
import { CancelScope } from "@selvage/scope";
import { LONG, type LongLived, type Programs } from "../programs.js";
import { allWaiting, bodies, resolved, work } from "../work.js";

export const programs: Programs = {
  async cancelWide(n) {
    const parent = new CancelScope();
    const tasks: Promise<unknown>[] = [];
    const options = { parent };
    for (let i = 0; i < n; i++) tasks.push(CancelScope.run(waitForEver, options));
    await allWaiting(n);
    parent.cancel();
    await Promise.allSettled(tasks);
    parent.close();
  },

  async cancelDeep(n) {
    const owner = new CancelScope();
    const outermost = owner.run((scope) => level(scope, n));
    await allWaiting(n);
    owner.cancel();
    await outermost;
  },

  moveDeadline(n) {
    work.started++;
    const scope = new CancelScope();
    const start = scope.clock.now() + LONG;
    for (let i = 1; i <= n; i++) scope.deadline = start + i;
    if (scope.deadline !== start + n) throw new Error(`expected the deadline moved by ${n} ms`);
    scope.close();
    work.ended++;
  },

  holdScopes(kept) {
    const parent = new CancelScope();
    const options = { parent };
    for (let i = 0; i < kept.length; i++) kept[i] = new CancelScope(options);
    return () => {
      for (const scope of kept) (scope as CancelScope).close();
      parent.close();
    };
  },

  open(): LongLived {
    const parent = new CancelScope();
    async function finish(n: number): Promise<void> {
      for (let i = 0; i < n; i++) await CancelScope.run(bodies.microtask, { parent });
    }
    return { finish, close: () => parent.close() };
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

async function level(scope: CancelScope, depth: number): Promise<void> {
  await resolved; // on a stack of its own
  work.started++;
  const inner = depth > 1 ? CancelScope.run((own) => level(own, depth - 1), { parent: scope }) : undefined;
  try {
    await scope.sleep(Infinity);
  } finally {
    await Promise.allSettled([inner]);
    work.ended++;
  }
}
