import { leaves } from "@selvage/exception-group";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { failingTask, longTask } from "./work/two-tasks.js";

/*
 * The same two tasks as before.
 *
 * Look at: what happens to the long task before "DONE". The TaskGroup cancels it and waits until it has ended,
 * without extra code.
 */
export const program: Program = {
  name: "task-group-cancels",
  description: "a TaskGroup cancels what remains and waits for it automatically",
  async run(stage) {
    await withPromiseAll(stage);
    await withTaskGroup(stage);
  },
};

async function withPromiseAll({ out, clock }: Stage): Promise<void> {
  out("Promise.all");
  const timers = new NativeTimers(clock);
  const long = longTask(timers, out);
  try {
    await Promise.all([failingTask(timers), long]);
  } catch (error) {
    out(`  caught ${String(error)}`);
  }
  out("  DONE");
  await long;
}

async function withTaskGroup({ out, clock }: Stage): Promise<void> {
  out("TaskGroup");
  try {
    await TaskGroup.run(
      (group) => {
        group.createTask(failingTask);
        group.createTask((scope) => longTask(scope, out));
      },
      { clock },
    );
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}`);
  }
  out("  DONE");
}
