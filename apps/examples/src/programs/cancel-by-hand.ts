import { Supervisor } from "@selvage/supervisor";
import { NativeTimers } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { failingTask, longTask } from "./work/two-tasks.js";

/*
 * A common pattern: when one task fails, cancel what is not done, then wait for it.
 *
 * Look at: the two lines that do it. They are easily forgotten, and `allSettled` drops what the tasks throw while
 * they end. With a Supervisor there is less to write. With a TaskGroup (the program "task-group-cancels") there is
 * nothing to write.
 */
export const program: Program = {
  name: "cancel-by-hand",
  description: "the fix by hand: cancel what is not done, then wait",
  async run(stage) {
    await withAbortController(stage);
    await withSupervisor(stage);
  },
};

async function withAbortController({ out, clock }: Stage): Promise<void> {
  out("Promise.all and an AbortController");
  const controller = new AbortController();
  const timers = new NativeTimers(clock, controller.signal);
  const tasks = [failingTask(timers), longTask(timers, out)];
  try {
    await Promise.all(tasks);
  } catch (error) {
    out(`  caught ${String(error)}`);
    controller.abort(); // Cancel what is not done,
    await Promise.allSettled(tasks); // then wait.
  }
  out("  DONE");
}

async function withSupervisor({ out, clock }: Stage): Promise<void> {
  out("the tasks of a Supervisor");
  const supervisor = new Supervisor({
    clock,
    onError(error) {
      out(`  reported: ${String(error)}`);
      for (const task of supervisor.tasks) task.cancel(); // Cancel what is not done,
    },
  });
  supervisor.createTask(failingTask);
  supervisor.createTask((scope) => longTask(scope, out));
  await supervisor.join(); // then wait.
  out("  DONE");
}
