import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * The "hello-ish world" of asyncio: the smallest program with all the parts of a real one. A main function runs to
 * its end while a task ticks in the background. At the end no task may be left.
 *
 * Look at: how much of this the program has to do itself. The comments show the lines of the Python original.
 */
export const program: Program = {
  name: "hello-ish-world",
  description: "the smallest complete program, with cleanup by hand and without",
  async run(stage) {
    await byHand(stage);
    await withTaskGroup(stage);
  },
};

async function byHand({ out, clock }: Stage): Promise<void> {
  out("by hand");
  const controller = new AbortController();
  const timers = new NativeTimers(clock, controller.signal);
  const pending = [tick(timers, out)]; // pending = [asyncio.ensure_future(tick())]
  await hello(timers, out); // loop.run_until_complete(hello())
  controller.abort(); // for task in pending: task.cancel()
  await Promise.allSettled(pending); // loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
}

async function withTaskGroup({ out, clock }: Stage): Promise<void> {
  out("TaskGroup");
  await TaskGroup.run(
    async (group) => {
      group.createTask((scope) => tick(scope, out));
      await hello(group.scope, out);
      group.cancel();
    },
    { clock },
  );
}

async function hello(where: Sleeper, out: (line: string) => void): Promise<void> {
  out("  Hello!");
  await where.sleep(1_000);
  out("  Goodbye!");
}

async function tick(where: Sleeper, out: (line: string) => void): Promise<void> {
  try {
    for (;;) {
      await where.sleep(400);
      out("  tick");
    }
  } finally {
    out("  the ticking has stopped");
  }
}
