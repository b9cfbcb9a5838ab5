/** Small programs, one a part: how each ends is what is tried. "send SIGTERM" asks whoever reads it for that signal. */
import { run } from "@selvage/runner";
import { CancelScope, now } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";

const forEver = new Promise<never>(() => {});

async function unwind(scope: CancelScope, signal: string): Promise<void> {
  console.log(`send ${signal}`);
  try {
    await scope.sleep(Infinity);
  } finally {
    console.log(`cancelled: ${String(scope.reason?.cause)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    console.log("cleaned up");
  }
}

function printHandlers(): void {
  console.log(`handlers ${process.listenerCount("SIGINT")} ${process.listenerCount("SIGTERM")}`);
}

const parts: Readonly<Record<string, () => unknown>> = {
  async returning() {
    console.log(
      await run(async (scope) => {
        printHandlers();
        await scope.checkpoint();
        return "value";
      }),
    );
    printHandlers();
  },
  unwinding: () => run((scope) => unwind(scope, "SIGTERM")),
  interrupted: () => run((scope) => unwind(scope, "SIGINT")),
  async keeping() {
    const value = await run(async (scope) => {
      console.log("send SIGTERM");
      await scope.sleep(Infinity).catch(() => {});
      return "kept";
    });
    console.log(value);
  },
  deaf: () =>
    run((scope) => {
      scope.onCancel(() => console.log("send SIGINT"));
      console.log("send SIGTERM");
      return forEver;
    }),
  failing: () =>
    run((parent) =>
      TaskGroup.run(
        (group) => {
          group.createTask(() => Promise.reject(new TypeError("the first")));
          group.createTask(() => Promise.reject(new RangeError("the second")));
        },
        { parent },
      ),
    ),
  lingering() {
    const print = console.error;
    console.error = (...args) => {
      print(...args);
      console.log("send SIGTERM");
    };
    return run(
      (parent) =>
        TaskGroup.run(
          (group) => {
            group.createTask(() => forEver, { name: "stubborn" });
            console.log("send SIGTERM");
          },
          { parent },
        ),
      { grace: 5 },
    );
  },
  deadline() {
    new CancelScope({ deadline: now() + 3_600_000 }).onCancel(() => console.log("too late"));
    console.log("end of the module");
  },
  async sleep() {
    await new CancelScope().sleep(20);
    console.log("slept");
  },
  async endless() {
    const scope = new CancelScope();
    // The handler alone does not keep the process alive.
    process.once("SIGTERM", () => {
      scope.cancel();
    });
    console.log("send SIGTERM");
    await scope.sleep(Infinity).catch(() => {});
    console.log("cancelled");
  },
  async cancelled() {
    const scope = new CancelScope();
    const asleep = scope.sleep(Infinity).catch(() => {});
    scope.cancel();
    await asleep;
    console.log("cancelled");
  },
  async timeout() {
    const error: unknown = await timeout(20, ({ scope }) => scope.race(forEver)).catch((caught: unknown) => caught);
    console.log((error as Error).name);
  },
  async shutdown() {
    const supervisor = new Supervisor();
    supervisor.createTask(() => forEver, { name: "deaf" });
    const { abandoned } = await supervisor.shutdown({ grace: 5, timeout: 20 });
    console.log(`abandoned: ${abandoned.join()}`);
  },
};

await parts[process.argv[2]!]!();
