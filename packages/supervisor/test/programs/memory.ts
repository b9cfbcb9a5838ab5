/** Prints by how many bytes the heap grows over a million tasks of one supervisor: run it with --expose-gc. */
import { Supervisor } from "@selvage/supervisor";

const supervisor = new Supervisor({ onError: () => {} });

async function runTasks(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1_000) {
    for (let number = 0; number < 1_000; number++) {
      const task = supervisor.createTask(ways[number % ways.length]!);
      if (number % ways.length === 2) task.cancel();
      if (number % 100 === 0) task.addDoneCallback(() => {});
    }
    await nextTurn();
  }
}

const ways = [
  async (): Promise<unknown> => new Array<number>(16),
  async (): Promise<unknown> => Promise.reject(new Array<number>(16)),
  (scope): Promise<unknown> => scope.sleep(60_000),
  (scope): Promise<unknown> => Promise.resolve(scope.signal),
] satisfies ((scope: (typeof supervisor)["scope"]) => Promise<unknown>)[];

/** What has ended in this turn is garbage in the next. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await nextTurn();
    globalThis.gc!();
  }
  return process.memoryUsage().heapUsed;
}

await runTasks(50_000);
const before = await heapUsed();
await runTasks(1_000_000);
const growth = (await heapUsed()) - before;
console.log(JSON.stringify({ growth, ...supervisor.stats(), size: supervisor.size }));
await supervisor.shutdown();
