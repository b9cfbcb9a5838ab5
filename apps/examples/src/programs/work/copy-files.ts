import { type CancelScope, run } from "@selvage/runner";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../../native-timers.js";

/*
 * run.ts starts this in a separate process. It copies two files, which takes a minute, and removes partial copies if
 * it fails.
 */

/** How it is started. */
export type Start = "plainly" | "withHandler" | "withRun";

const starts: Record<Start, () => Promise<void>> = {
  plainly: withPromiseAll,

  withHandler() {
    process.once("SIGINT", () => process.exit(130));
    return withPromiseAll();
  },

  withRun: () => run(withTaskGroup),
};

async function withPromiseAll(): Promise<void> {
  const timers = new NativeTimers(undefined);
  await Promise.all([copy("a.txt", timers), copy("b.txt", timers)]);
}

async function withTaskGroup(parent: CancelScope): Promise<void> {
  await TaskGroup.run(
    (group) => {
      group.createTask((scope) => copy("a.txt", scope));
      group.createTask((scope) => copy("b.txt", scope));
    },
    { parent },
  );
}

async function copy(file: string, where: Sleeper): Promise<void> {
  console.log(`copying ${file}`);
  try {
    await where.sleep(60_000);
  } finally {
    console.log(`the partial ${file} is removed`);
  }
}

await starts[process.argv[2] as Start]();
