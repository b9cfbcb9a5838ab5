import { Supervisor } from "@selvage/supervisor";
import { NativeTimers } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { failingTask, longTask } from "./work/two-tasks.js";

/*
 * One of two tasks fails. What becomes of the other?
 *
 * Look at: where "DONE" is printed. Promise.all gives up at the first failure, and leaves the long task running behind the back
 * of its caller. A Supervisor lets it go on as well, but nothing is done before everything is.
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
  await long; // The program kept the promise, to be able to show this; the callers of Promise.all seldom do.
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
        out(`  told of ${String(error)}`);
      },
    },
  );
  out("  DONE");
}
