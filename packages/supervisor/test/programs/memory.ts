/** Prints how many bytes are retained for each of many tasks of one supervisor. Run it with --expose-gc. */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { Supervisor } from "@selvage/supervisor";

/** How often each kind of task is run. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 50_000);

const supervisor = new Supervisor({ onError: () => {} });

async function runTasks(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1_000) {
    for (let number = 0; number < 1_000; number++) {
      const options = number % 8 < ways.length ? { stage: 1, grace: 5 } : undefined; // of each kind, half
      const task = supervisor.createTask(ways[number % ways.length]!, options);
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

await runTasks(20_000);
const before = await heapUsed();
await runTasks(ROUNDS);
const kept = ((await heapUsed()) - before) / ROUNDS;
const { completed, failed, cancelled, ...live } = supervisor.stats();
const timers = process.getActiveResourcesInfo().includes("Timeout");
console.log(
  JSON.stringify({
    kept,
    shares: [completed, failed, cancelled].map((count) => count / (20_000 + ROUNDS)),
    live: { ...live, size: supervisor.size, timers },
  }),
);
await supervisor.shutdown();
