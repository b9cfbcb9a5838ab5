/** Prints which objects of ended runs are still in memory while their tasks are live. Run it with --expose-gc. */
import type { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { RestartHistory } from "../../src/restart-policy.js";

const watched = new Map<string, WeakRef<object>>();
function watch<T extends object>(name: string, object: T): T {
  watched.set(name, new WeakRef(object));
  return object;
}

const supervisor = new Supervisor({ onError: () => {} });
const policy = { when: "always", maxRestarts: 3, within: 1_000 } as const;
const atOnce = { restart: policy };
const later = { restart: { ...policy, backoff: { initial: 60_000, max: 60_000, jitter: false } } };

/** Ends its first run, and continues in the second. */
function twice(first: () => unknown): (scope: CancelScope) => unknown {
  let runs = 0;
  return (scope) => {
    watch(`scope of run ${++runs}`, scope);
    return runs === 1 ? first() : scope.sleep(Infinity);
  };
}

function fail(name: string): Promise<never> {
  return Promise.reject(watch(name, new Error(name)));
}

supervisor.createTask(async () => watch("value before a wait", {}), later);
supervisor.createTask(() => fail("error before a wait"), later);
supervisor.createTask(
  twice(async () => watch("value before another run", {})),
  atOnce,
);
supervisor.createTask(
  twice(() => fail("error before another run")),
  atOnce,
);
void supervisor.start((_, started) => {
  started();
  return fail("error after a start");
}, later);
for (let round = 0; round < 5; round++) {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
}
watched.delete("scope of run 2");
const left = [...watched].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name);
const { running, restarting, restarts } = supervisor.stats();
console.log(JSON.stringify({ watched: watched.size, left, running, restarting, restarts, kept: kept() }));
await supervisor.shutdown();

/** How many bytes are retained by the histories of tasks that have been restarted so often. */
function kept(): number {
  const policies = [
    { when: "always", maxRestarts: 1_000, within: 100 },
    { when: "always", maxRestarts: Infinity, within: Infinity },
  ] as const;
  const histories = policies.map((policy) => new RestartHistory(policy, 0));
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  for (let now = 1; now <= 1_000_000; now++) {
    for (const history of histories) {
      history.runEnded("rejected", now);
      history.runBegins(now);
    }
  }
  globalThis.gc!();
  const after = process.memoryUsage().heapUsed;
  for (const history of histories) history.runEnded("rejected", 1_000_001);
  return after - before;
}
