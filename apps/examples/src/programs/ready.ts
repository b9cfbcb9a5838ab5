import { leaves } from "@selvage/exception-group";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A server runs for a long time, but its caller continues as soon as it listens. Port 80 is taken. The server on port
 * 8080 fails later.
 *
 * Look at: where each of the two failures is reported. A function that "returns when it is ready" and runs on cannot
 * report the second one. `start` throws a failure that happens before the server is ready. From then on the server is
 * an ordinary child, whose failure goes to the TaskGroup, or to the `onError` of a Supervisor.
 */
export const program: Program = {
  name: "ready",
  description: "a server reports when it listens, and start waits for that, or for its failure",
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
      serve(port, timers, resolve).catch(reject); // Once it listens, `reject` has no effect.
    });
  await startBoth(start, out);
  await timers.sleep(1_000);
  out("  a second later: the failure is not known");
}

async function withTaskGroup({ out, clock }: Stage): Promise<void> {
  out("the start of a TaskGroup");
  try {
    await TaskGroup.run(
      async (group) => {
        await startBoth((port) => group.start((scope, started) => serve(port, scope, started)), out);
        await group.scope.sleep(1_000); // Cancelled when the server fails.
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
        out(`  onError received: ${String(error)}`);
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

/** Listens after 50 ms, and fails half a second later. */
async function serve(port: number, where: Sleeper, started: (address: string) => void): Promise<void> {
  await where.sleep(50);
  if (port < 1024) throw new Error(`port ${port} is taken`);
  started(`http://localhost:${port}`);
  await where.sleep(500);
  throw new Error(`the server on port ${port} has broken down`);
}
