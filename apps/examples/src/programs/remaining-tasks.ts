import { Supervisor } from "@selvage/supervisor";
import { NativeTimers } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { failingTask, longTask } from "./work/two-tasks.js";

/*
 * One of two tasks fails. What happens to the other?
 *
 * Look at: where "DONE" is printed. Promise.all rejects at the first failure, and leaves the long task running
 * unobserved. A Supervisor also lets it run on, but waits for all tasks.
 */
export const program: Program = {
  name: "remaining-tasks",
  description: "Promise.all leaves tasks running when it is done, a Supervisor waits for them",
  async run(stage) {
    await withPromiseAll(stage);
    await withSupervisor(stage);
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
  out("  DONE, and the long task is still running");
  await long; // The program kept the promise in order to show this; callers of Promise.all rarely do.
}

async function withSupervisor({ out, clock }: Stage): Promise<void> {
  out("Supervisor");
  await Supervisor.run(
    (supervisor) => {
      supervisor.createTask(failingTask);
      supervisor.createTask((scope) => longTask(scope, out));
    },
    {
      clock,
      onError(error) {
        out(`  reported: ${String(error)}`);
      },
    },
  );
  out("  DONE");
}
