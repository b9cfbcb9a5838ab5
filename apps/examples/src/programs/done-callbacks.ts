import type { Task } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * Callbacks collect results in the order in which they arrive. Two answers of four mirrors are enough.
 *
 * Look at: what happens to the mirrors that are no longer needed. A callback of a promise can only collect. A
 * done-callback receives the task, may cancel the rest, and has run before the group resolves.
 */
export const program: Program = {
  name: "done-callbacks",
  description: "callbacks collect results as they come, and cancel the rest when there are enough",
  async run(stage) {
    await withThen(stage);
    await withDoneCallbacks(stage);
  },
};

const mirrors = { Oslo: 400, Lima: 100, Rome: 200, Cairo: 300 };
const enough = 2;

async function withThen({ out, clock }: Stage): Promise<void> {
  out("Promise, and then");
  const timers = new NativeTimers(clock);
  const answers: string[] = [];
  let downloads: Promise<void>[] = [];
  await new Promise<void>((resolve, reject) => {
    downloads = Object.entries(mirrors).map(([mirror, ms]) =>
      download(mirror, ms, timers).then((answer) => {
        answers.push(answer);
        if (answers.length === enough) resolve();
      }, reject),
    );
  });
  out(`  enough: ${answers.join(", ")}`);
  await Promise.all(downloads); // Usually no code waits for these, but they still run.
  out(`  later, the same list: ${answers.join(", ")}`);
}

async function withDoneCallbacks({ out, clock }: Stage): Promise<void> {
  out("TaskGroup, and addDoneCallback");
  const answers: string[] = [];
  await TaskGroup.run(
    (group) => {
      const collect = (task: Task<string>): void => {
        out(`  ${task.name}: ${task.status}`);
        if (task.status === "fulfilled") answers.push(task.result());
        if (answers.length === enough) group.cancel("there are enough answers");
      };
      for (const [mirror, ms] of Object.entries(mirrors)) {
        group.createTask((scope) => download(mirror, ms, scope), { name: mirror }).addDoneCallback(collect);
      }
    },
    { clock },
  );
  out(`  enough: ${answers.join(", ")}`);
}

async function download(mirror: string, ms: number, where: Sleeper): Promise<string> {
  await where.sleep(ms);
  return `the page from ${mirror}`;
}
