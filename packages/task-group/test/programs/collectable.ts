/** Prints the objects that are still in memory and that only Selvage could hold. Run it with --expose-gc. */
import { CancelScope } from "@selvage/scope";
import { asCompleted, gatherSettled, type Task, TaskGroup } from "@selvage/task-group";

const watched = new Map<string, WeakRef<object>>();
function watch<T extends object>(name: string, object: T): T {
  watched.set(name, new WeakRef(object));
  return object;
}

const parent = new CancelScope();
const open = new TaskGroup({ parent });
const limited = new TaskGroup({ parent, limit: 1 });

/** Children of a group that stays open. */
async function finishedChildren(): Promise<void> {
  const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
  const fn = watch("function", async () => watch("value", {}));
  const task: Task<unknown> = watch("task", open.createTask(fn));
  watch("scope", task.scope);
  watch("signal", task.scope.signal);
  task.addDoneCallback(watch("done-callback", () => {}));
  await task;
  const ended = open.createTask(watch("function of a task that is held", async () => {}));
  const callback = watch("callback of a handle that is held", () => {});
  watch(
    "handle of a task that is held",
    ended.addDoneCallback(() => {}),
  );
  held.push(ended, ended.addDoneCallback(callback));
  await ended;
  const gate = limited.createTask(forever);
  const started = limited.createTask(
    watch("function of a task that was queued and runs", (scope) => forever(scope)),
    {
      name: "started",
    },
  );
  held.push(started);
  gate.cancel();
  await gate.then(null, () => {});
  const disposed = open.createTask(forever);
  watch(
    "disposed done-callback",
    disposed.addDoneCallback(() => {}),
  )[Symbol.dispose]();
  held.push(disposed);
  const cancelled = watch("cancelled task", open.createTask(forever));
  cancelled.cancel(watch("reason", {}));
  await cancelled.then(null, () => {});
}
export const held: unknown[] = [];

/** Groups under a scope that stays open. */
async function finishedGroups(): Promise<void> {
  await TaskGroup.run((group) => void watch("group that ran", group).createTask(async () => {}), { parent });
  const joined = watch("group that was joined", new TaskGroup({ parent }));
  joined.createTask(async () => {});
  await joined.join();
  await watch("group that was left", new TaskGroup({ parent }))[Symbol.asyncDispose]();
  const failed = TaskGroup.run(
    (group) => {
      watch("group that failed", group).createTask(() => Promise.reject(watch("error", new Error("no"))));
      group.createTask((scope) => scope.sleep(Infinity));
    },
    { parent },
  );
  await failed.catch((error: unknown) => void watch("exception group", error as object));
  const { signal } = controller;
  const aborted = TaskGroup.run((group) => void watch("group of a signal", group), { parent: signal });
  await aborted;
}
const controller = new AbortController();

/** What the combinators that do not fail made. */
async function finishedCombinators(): Promise<void> {
  watch("settled results", await gatherSettled([async () => watch("settled value", {})], { parent }));
  const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
  const tasks = watch("iterable", asCompleted([async () => {}, forever], { parent }));
  for await (const task of tasks) {
    watch("task that was handed out", task);
    break;
  }
}

await finishedChildren();
await finishedGroups();
await finishedCombinators();
// The objects that are kept for the latest task are among these.
for await (const task of asCompleted([async () => {}])) if (task.done) break;
await TaskGroup.run((group) => void group.createTask(async () => {}));
for (let round = 0; round < 5; round++) {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
}
const left = [...watched].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name);
console.log(JSON.stringify({ watched: watched.size, left, open: open.size + limited.size }));
for (const group of [open, limited]) {
  group.cancel();
  await group.join();
}
controller.abort();
