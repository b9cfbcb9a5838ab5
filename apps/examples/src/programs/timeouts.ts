import { moveOnAfter, timeout, TimeoutError } from "@selvage/timeout";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A query takes 300 ms, but its time limit is shorter.
 *
 * Look at: whether the query still runs when the caller continues. Promise.race only stops waiting. `timeout` stops
 * the work and waits until it has stopped.
 */
export const program: Program = {
  name: "timeouts",
  description: "timeout, nested and rescheduled, and moveOnAfter",
  async run(stage) {
    await withPromiseRace(stage);
    await withTimeout(stage);
    await withNestedTimeouts(stage);
    await withReschedule(stage);
    await withMoveOnAfter(stage);
  },
};

async function withPromiseRace({ out, clock }: Stage): Promise<void> {
  out("Promise.race with a timer");
  const timers = new NativeTimers(clock);
  const running = query(timers, out);
  const timer = timers.sleep(100).then(() => Promise.reject(new Error("timed out after 100 ms")));
  try {
    await Promise.race([running, timer]);
  } catch (error) {
    out(`  caught ${String(error)}`);
  }
  await running; // It runs on, and its rows are not used.
}

async function withTimeout({ out, clock }: Stage): Promise<void> {
  out("timeout");
  try {
    await timeout(100, ({ scope }) => query(scope, out), { clock });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    out(`  caught ${String(error)}`);
  }
}

async function withNestedTimeouts({ out, clock }: Stage): Promise<void> {
  out("timeout in a timeout: only the one that expired throws");
  try {
    await timeout(
      100,
      (outer) => timeout(200, (inner) => query(inner.scope, out), { name: "the inner one", parent: outer.scope }),
      { name: "the outer one", clock },
    );
  } catch (error) {
    out(`  caught ${String(error)}`);
  }
}

async function withReschedule({ out, clock }: Stage): Promise<void> {
  out("timeout, rescheduled: 350 ms after each part");
  await timeout(
    350,
    async (limit) => {
      for (const part of ["first", "second", "third", "last"]) {
        await limit.scope.sleep(100);
        out(`  the ${part} part has arrived`);
        limit.reschedule(limit.scope.clock.now() + 350);
      }
    },
    { clock },
  );
}

async function withMoveOnAfter({ out, clock }: Stage): Promise<void> {
  out("moveOnAfter");
  const rows = await moveOnAfter(100, ({ scope }) => query(scope, out), { clock });
  out(`  no error, but no rows either: ${String(rows)}`);
}

async function query(where: Sleeper, out: (line: string) => void): Promise<number> {
  try {
    await where.sleep(300);
    out("  the query has run to its end");
    return 42;
  } catch (error) {
    out("  the query was cancelled");
    throw error;
  }
}
