/** Bare scopes, whose owner waits by hand for what it runs in them. */
import { CancelScope } from "@selvage/scope";
import type { ManualClock } from "../manual-clock.js";
import type { Trial } from "../measure.js";
import { LONG, type LongLived, type Programs } from "../programs.js";
import { allWaiting, bodies, resolved, work } from "../work.js";
import { cleansUp, type CleanUp, expectFailure, failsToCleanUp, waitForEver } from "./waiting.js";

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

  async retried(n, body) {
    for (let i = 0; i < n; i++) await CancelScope.run(body);
  },

  cancelDeep: (n) => cancelDeep(n, cleansUp),
  cancelFailing: (n) => expectFailure(cancelDeep(n, failsToCleanUp)),

  async cancelOne(n) {
    const parent = new CancelScope();
    const scopes = Array.from({ length: n }, () => new CancelScope({ parent }));
    const tasks = scopes.map((scope) => scope.run(waitForEver));
    await allWaiting(n);
    return {
      async cancel(index) {
        scopes[index]!.cancel();
        await tasks[index];
      },
      close: () => parent.close(),
    };
  },

  async limitFires(ms, clock) {
    const scope = new CancelScope({ clock, deadline: clock.now() + ms });
    await scope.run(waitForEver);
    if (!scope.cancelledCaught) throw new Error("expected the deadline to be reached");
  },

  moveDeadline: (n) => move(n),
  moveOnClock: move,

  holdScopes(kept) {
    const parent = new CancelScope();
    const options = { parent };
    for (let i = 0; i < kept.length; i++) kept[i] = new CancelScope(options);
    return () => {
      for (const scope of kept) (scope as CancelScope).close();
      parent.close();
    };
  },

  comeAndGo: {
    scope: () => underScope(inTurn((parent) => CancelScope.run(bodies.microtask, { parent }))),
    listener: () => underScope(atOnce((scope) => scope.onCancel(ignore)[Symbol.dispose]())),
    sleep: () => underScope((scope, n) => together(n, () => scope.sleep(0.001))),

    race() {
      const forever = new Promise<void>(() => {});
      return underScope(async (parent, n) => {
        const scope = new CancelScope({ parent });
        const races = together(n, () => scope.race(forever));
        scope.cancel(); // each race abandons the promise
        await races;
        scope.close();
      });
    },

    moved(): LongLived {
      const scope = new CancelScope();
      const start = scope.clock.now() + LONG;
      let i = 0;
      const finish = (n: number): Promise<void> => {
        for (const end = i + n; i < end; i++) scope.deadline = start + i;
        work.started += n;
        work.ended += n;
        return resolved;
      };
      return { finish, close: () => scope.close() };
    },
  },

  look(n): Trial {
    const parent = new CancelScope();
    const options = { parent, deadline: parent.clock.now() + LONG };
    const scopes = Array.from({ length: n }, () => new CancelScope(options));
    return {
      run() {
        let cancelled = 0;
        for (const scope of scopes) if (scope.cancelled) cancelled++;
        work.started += n;
        work.ended += n - cancelled;
      },
      close() {
        for (const scope of scopes) scope.close();
        parent.close();
      },
    };
  },
};

/** `n` things under a scope that lives on. */
function underScope(finishUnder: (parent: CancelScope, n: number) => Promise<unknown>): LongLived {
  const parent = new CancelScope();
  return { finish: (n) => finishUnder(parent, n), close: () => parent.close() };
}

function inTurn(once: (parent: CancelScope) => Promise<unknown>) {
  return async (parent: CancelScope, n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await once(parent);
  };
}

function atOnce(once: (parent: CancelScope) => void) {
  return (parent: CancelScope, n: number): Promise<void> => {
    for (let i = 0; i < n; i++) once(parent);
    work.started += n;
    work.ended += n;
    return resolved;
  };
}

/** Waits for `n` things at once, however they end. */
async function together(n: number, once: () => Promise<void>): Promise<void> {
  work.started += n;
  await Promise.allSettled(Array.from({ length: n }, once));
  work.ended += n;
}

function ignore(): void {}

function move(n: number, clock?: ManualClock): void {
  work.started++;
  const scope = new CancelScope({ clock, deadline: LONG });
  for (let i = 1; i <= n; i++) scope.deadline = LONG + i;
  if (scope.deadline !== LONG + n) throw new Error(`expected the deadline moved by ${n} ms`);
  scope.close();
  work.ended++;
}

async function cancelDeep(n: number, cleanUp: CleanUp): Promise<void> {
  const owner = new CancelScope();
  const outermost = owner.run((scope) => level(scope, n, cleanUp));
  await allWaiting(n);
  owner.cancel();
  await outermost;
}

async function level(scope: CancelScope, depth: number, cleanUp: CleanUp): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  const inner = depth > 1 ? CancelScope.run((own) => level(own, depth - 1, cleanUp), { parent: scope }) : undefined;
  try {
    await scope.sleep(Infinity);
  } finally {
    const [end] = await Promise.allSettled([inner]);
    work.ended++;
    if (depth === 1) cleanUp();
    else rethrow(end);
  }
}

function rethrow(end: PromiseSettledResult<unknown>): void {
  if (end.status === "rejected") throw end.reason;
}
