/**
 * Prints how many bytes are retained for each of many tasks of two groups, and for each of many groups. Run it with
 * --expose-gc.
 */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { CancelScope } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";

/** How often each kind of task is run. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 50_000);

const parent = new CancelScope();
const group = new TaskGroup({ parent });
const limited = new TaskGroup({ parent, limit: 8 });

async function runTasks(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1_000) {
    for (let number = 0; number < 1_000; number++) {
      const owner = number % 2 === 0 ? group : limited;
      const task = owner.createTask(ways[number % ways.length]!);
      if (number % ways.length === 1) task.cancel();
      if (number % 100 === 0) task.addDoneCallback(() => {});
    }
    await nextTurn();
    while (limited.size > 0) await nextTurn();
  }
}

const ways = [
  async (): Promise<unknown> => new Array<number>(16),
  (scope): Promise<unknown> => scope.sleep(60_000),
  (scope): Promise<unknown> => Promise.resolve(scope.signal),
] satisfies ((scope: CancelScope) => Promise<unknown>)[];

async function runGroups(count: number): Promise<void> {
  for (let run = 0; run < count; run++) {
    const ended = TaskGroup.run(
      (own) => {
        own.createTask(async () => new Array<number>(16));
        if (run % 3 === 0) throw new Error("no");
        if (run % 3 === 1) own.cancel();
      },
      { parent },
    );
    await ended.catch(() => {});
    if (run % 1_000 === 0) await nextTurn();
  }
}

async function keptOfEach(work: (count: number) => Promise<void>): Promise<number> {
  await work(20_000);
  const before = await heapUsed();
  await work(ROUNDS);
  return ((await heapUsed()) - before) / ROUNDS;
}

const tasks = await keptOfEach(runTasks);
const groups = await keptOfEach(runGroups);
await group.join();
await limited.join();
parent.close(); // throws if anything were left below it
console.log(JSON.stringify({ tasks, groups, timers: process.getActiveResourcesInfo().includes("Timeout") }));
