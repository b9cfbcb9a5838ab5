import { describeTree } from "@selvage/scope/debug";
import { Supervisor } from "@selvage/supervisor";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * Work that is started in the background without an owner. One of the four tasks has a typo in it, and two have not
 * ended when the program ends.
 *
 * Look at: what the program knows about the tasks at its end.
 */
export const program: Program = {
  name: "background-spawn",
  description: "background tasks that lose nothing: errors are reported, unfinished tasks listed",
  async run(stage) {
    await withSpawn(stage);
    await withSupervisor(stage);
  },
};

const tasks: readonly ((where: Sleeper) => Promise<void>)[] = [warmCache, flushMetrics, sendMail, watchDisk];

async function withSpawn({ out, clock }: Stage): Promise<void> {
  out("fire and forget");
  const exit = new AbortController();
  const timers = new NativeTimers(clock, exit.signal);
  for (const task of tasks) spawn(() => task(timers));
  await timers.sleep(200);
  out("  exit: no errors were seen, and what still runs is killed");
  exit.abort(); // `process.exit()` clears timers in the same way.
}

/** The common idiom. The promise is dropped; without the `catch`, the first failure would end the process. */
function spawn(task: () => Promise<void>): void {
  task().catch(() => {});
}

async function withSupervisor({ out, clock }: Stage): Promise<void> {
  out("Supervisor");
  const supervisor = new Supervisor({
    clock,
    name: "background",
    onError(error, task) {
      out(`  ${task.name} failed: ${String(error)}`);
    },
  });
  for (const task of tasks) supervisor.createTask(task);
  await supervisor.scope.sleep(200);
  out("  exit, and these have not ended:");
  for (const line of describeTree(supervisor.scope).split("\n")) out(`    ${line}`);
  const report = await supervisor.shutdown({ timeout: 100 });
  out(`  cancelled: ${report.cancelled}; abandoned, because it cannot be cancelled: ${report.abandoned.join()}`);
}

async function warmCache(where: Sleeper): Promise<void> {
  await where.sleep(50);
}

async function flushMetrics(where: Sleeper): Promise<void> {
  await where.sleep(100);
  const metrics = { flush: () => {} };
  (metrics as unknown as { flsh(): void }).flsh(); // The typo. The cast hides it from the compiler.
}

async function sendMail(where: Sleeper): Promise<void> {
  await where.sleep(60_000);
}

/** Does not use a scope, so it cannot be cancelled. */
async function watchDisk(): Promise<void> {
  await new Promise<void>(() => {});
}
