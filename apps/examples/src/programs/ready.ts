import { leaves } from "@selvage/exception-group";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A server runs for long, but its caller goes on as soon as it listens. Port 80 is taken; the server on port 8080 breaks down later.
 *
 * Look at: who learns of each of the two failures. A function that "returns when it is ready" and runs on has nobody left to tell of
 * the second. `start` throws what happens before the server is ready; from then on it is a child like any other, whose failure goes
 * where failures of children go: to the end of a TaskGroup, or to the `onError` of a Supervisor.
 */
export const program: Program = {
  name: "ready",
  description: "a server says when it listens, and start waits for that, or for its failure",
  async run(stage) {
    await withPromise(stage);
    await withTaskGroup(stage);
    await withSupervisor(stage);
  },
};

async function withPromise({ out, clock }: Stage): Promise<void> {
  out("a promise for when it listens");
  const timers = new NativeTimers(clock);
  const start = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      serve(port, timers, resolve).catch(reject); // Once it listens, `reject` does nothing any more.
    });
  await startBoth(start, out);
  await timers.sleep(1_000);
  out("  a second later: nobody knows that it has broken down");
}

async function withTaskGroup({ out, clock }: Stage): Promise<void> {
  out("the start of a TaskGroup");
  try {
    await TaskGroup.run(
      async (group) => {
        await startBoth((port) => group.start((scope, started) => serve(port, scope, started)), out);
        await group.scope.sleep(1_000); // Cut short when the server breaks down.
        out("  a second later: this is not printed");
      },
      { clock },
    );
  } catch (error) {
    for (const leaf of leaves(error)) out(`  the group failed: ${String(leaf)}`);
  }
}

async function withSupervisor({ out, clock }: Stage): Promise<void> {
  out("the start of a Supervisor");
  await Supervisor.run(
    async (supervisor) => {
      await startBoth((port) => supervisor.start((scope, started) => serve(port, scope, started)), out);
      await supervisor.scope.sleep(1_000);
      out("  a second later: the caller is still there");
    },
    {
      clock,
      onError(error) {
        out(`  onError was told: ${String(error)}`);
      },
    },
  );
}

async function startBoth(start: (port: number) => Promise<string>, out: (line: string) => void): Promise<void> {
  for (const port of [80, 8080]) {
    try {
      out(`  ${await start(port)} listens`);
    } catch (error) {
      out(`  no server: ${String(error)}`);
    }
  }
}

/** Listens after 50 ms, and breaks down half a second later. */
async function serve(port: number, where: Sleeper, started: (address: string) => void): Promise<void> {
  await where.sleep(50);
  if (port < 1024) throw new Error(`port ${port} is taken`);
  started(`http://localhost:${port}`);
  await where.sleep(500);
  throw new Error(`the server on port ${port} has broken down`);
}
