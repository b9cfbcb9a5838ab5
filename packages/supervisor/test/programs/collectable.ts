/** Prints the objects that are still in memory and that only Selvage could hold. Run it with --expose-gc. */
import { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";

const watched = new Map<string, WeakRef<object>>();
function watch<T extends object>(name: string, object: T): T {
  watched.set(name, new WeakRef(object));
  return object;
}

const parent = new CancelScope();
const open = new Supervisor({ parent, limit: 100, onError: () => {} });
const controller = new AbortController();
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

/** Tasks of a supervisor that stays open. */
async function finishedTasks(): Promise<void> {
  const task = watch("task", open.createTask(watch("function", async () => watch("value", {}))));
  watch("scope", task.scope);
  watch("signal", task.scope.signal);
  task.addDoneCallback(watch("done-callback", () => {}));
  await task;
  const failed = watch(
    "failed task",
    open.createTask(() => Promise.reject(watch("error", new Error("no")))),
  );
  await failed.then(null, () => {});
  const cancelled = watch("cancelled task", open.createTask(forever));
  cancelled.cancel(watch("reason", {}));
  await cancelled.then(null, () => {});
  const often = watch(
    "task that was restarted until its limit",
    open.createTask(
      watch("function that was restarted", () => Promise.reject(new Error("again"))),
      { restart: { when: "always", maxRestarts: 3, within: 60_000 } },
    ),
  );
  await often.then(null, () => {});
  const pausing = watch(
    "task that was cancelled before its restart",
    open.createTask(
      watch("function that would have been restarted", () => Promise.reject(new Error("later"))),
      {
        restart: {
          when: "always",
          backoff: { initial: 60_000, factor: 1, max: 60_000, jitter: false },
          maxRestarts: 3,
          within: 1,
        },
      },
    ),
  );
  await nextTurn();
  pausing.cancel();
  await pausing.then(null, () => {});
}

/** Supervisors under a scope, and under a signal, that stay. */
async function finishedSupervisors(): Promise<void> {
  const ran = Supervisor.run((supervisor) => void watch("supervisor that ran", supervisor).createTask(async () => {}), {
    parent,
  });
  await ran;
  const shutDown = watch("supervisor that was shut down", new Supervisor({ parent: controller.signal }));
  shutDown.createTask(forever);
  watch("report", await shutDown.shutdown({ reason: watch("reason of a shutdown", {}) }));
  const left = watch("supervisor that was left", new Supervisor({ parent }));
  left.createTask(forever);
  await left[Symbol.asyncDispose]();
  for (const [name, under] of [["scope", parent] as const, ["signal", controller.signal] as const]) {
    const drain = watch(`options of a drain under a ${name}`, { grace: 1_000 });
    const ended = watch(`supervisor that would have drained under a ${name}`, new Supervisor({ parent: under, drain }));
    ended.createTask(forever, { stage: 1, grace: 5 });
    ended.onShutdown(watch(`listener under a ${name}`, () => {}));
    await ended.shutdown();
  }
  const fatal = Supervisor.run(
    (supervisor) => {
      watch("supervisor that met a fatal error", supervisor);
      supervisor.createTask(() => Promise.reject(watch("fatal error", new Error("fatal"))));
    },
    { parent, onError: () => {}, isFatal: () => true },
  );
  await fatal.catch(() => {});
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

await finishedTasks();
await finishedSupervisors();
// The objects that are kept for the latest task are among these.
await Supervisor.run(async (supervisor) => {
  await supervisor.createTask(async () => {});
});
for (let round = 0; round < 5; round++) {
  await nextTurn();
  globalThis.gc!();
}
const left = [...watched].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name);
console.log(JSON.stringify({ watched: watched.size, left, open: open.size }));
await open.shutdown();
parent.close(); // throws if anything were left below it
controller.abort();
