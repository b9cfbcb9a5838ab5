/** Small programs, one for each part; the checks test how each ends. The line "send SIGTERM" requests that signal. */
import { createServer } from "node:http";
import { run } from "@selvage/runner";
import { CancelScope, now } from "@selvage/scope";
import { ProcessError, runCommand } from "@selvage/subprocess";
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

/** Returns at the first signal. */
async function complying(scope: CancelScope): Promise<string> {
  console.log("send SIGTERM");
  await scope.sleep(Infinity).catch(() => {});
  return "returned";
}

function throwLater(message: string): void {
  setTimeout(() => {
    throw new TypeError(message);
  }, 1);
}

async function cleanUpAfter(scope: CancelScope): Promise<void> {
  try {
    await scope.sleep(Infinity);
  } finally {
    console.log(`cancelled: ${String(scope.reason?.cause)}`);
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
  suppressed: () =>
    run(async () => {
      await using _first = { [Symbol.asyncDispose]: () => Promise.reject(new Error("disposal")) };
      await Promise.reject(new TypeError("body"));
    }),
  starting: () =>
    run(async (parent) => {
      new Supervisor({ parent });
      console.log("send SIGTERM");
      await parent.race(forEver);
    }),
  unparented() {
    const print = console.error;
    console.error = (...args) => {
      print(...args);
      console.log("send SIGTERM");
    };
    return run(
      () => {
        console.log("send SIGTERM");
        return forEver;
      },
      { grace: 5 },
    );
  },
  stuck: () =>
    run(
      () => {
        console.log("send SIGTERM");
        return forEver;
      },
      { timeout: 20 },
    ),
  async straggling() {
    createServer().listen(0);
    console.log(await run(complying, { timeout: 20 }));
    process.exitCode = 3;
  },
  async leaving() {
    console.log(await run(complying, { timeout: 3_600_000 }));
  },
  uncaught: () =>
    run(async (scope) => {
      throwLater("thrown in a timer");
      await cleanUpAfter(scope);
    }),
  unhandled: () =>
    run(async (scope) => {
      void Promise.reject(new TypeError("rejected"));
      await cleanUpAfter(scope);
    }),
  lastTurn: () =>
    run(async (scope) => {
      await scope.checkpoint();
      void Promise.reject(new TypeError("in the last turn"));
      return "value";
    }),
  several: () =>
    run(
      async (scope) => {
        throwLater("one");
        await scope.sleep(Infinity).catch(() => {});
        throw new RangeError("two");
      },
      { onError: (error) => console.log((error as AggregateError).errors.map(String).join()) },
    ),
  unending: () =>
    run(
      () => {
        throwLater("thrown in a timer");
        return forEver;
      },
      { timeout: 20 },
    ),
  crash() {
    // Not awaited: after an error that is thrown while the main module waits, Bun continues, and exits with 1 when
    // that has ended.
    void run(
      async (scope) => {
        throwLater("thrown in a timer");
        await cleanUpAfter(scope);
      },
      { uncaught: "crash" },
    );
  },
  async listening() {
    let hear: (error: unknown) => void;
    const heard = new Promise((resolve) => (hear = resolve));
    process.on("uncaughtException", (error) => hear(error));
    const value = await run(() => {
      throwLater("thrown in a timer");
      return heard;
    });
    console.log(String(value));
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
  async together() {
    const scopes = Array.from({ length: 100 }, () => new CancelScope());
    const ends = scopes.map((scope) => scope.sleep(Infinity).catch(() => {}));
    for (const scope of scopes.slice(1)) scope.cancel();
    process.once("SIGTERM", () => {
      scopes[0]!.cancel();
    });
    console.log("send SIGTERM");
    await Promise.all(ends);
    console.log("all have ended");
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
  async command() {
    const scope = new CancelScope();
    const { stdout, code } = await runCommand(scope, "sh", ["-c", "cat; echo done"], { input: "given, " });
    console.log(stdout.trim(), code);
    const failed: unknown = await runCommand(scope, "sh", ["-c", "echo why >&2; exit 3"]).catch(
      (error: unknown) => error,
    );
    if (failed instanceof ProcessError) console.log(failed.code, failed.stderr.trim());
    const missing: unknown = await runCommand(scope, "no-such-command").catch((error: unknown) => error);
    console.log(missing instanceof ProcessError);
    scope.close();
  },
  async lines() {
    const scope = new CancelScope();
    await runCommand(scope, "sh", ["-c", "printf 'one\\ntwo'"], { output: "lines", prefix: "[a] " });
    const error: unknown = await runCommand(scope, "yes", [], { maxBuffer: 1_000 }).catch((caught: unknown) => caught);
    console.log(error instanceof ProcessError);
  },
  async pipes() {
    const start = now();
    // The second shell leaves the group, says so through a FIFO, and holds the pipe. The first one exits after that.
    const leave = `setsid sh -c 'echo left >"$0"; exec sleep 10' "$fifo" & read line <"$fifo"`;
    const script = `fifo=$(mktemp -u); mkfifo "$fifo"; ${leave}; rm "$fifo"; echo out`;
    const { stdout, truncated } = await runCommand(new CancelScope(), "sh", ["-c", script]);
    console.log(stdout.trim(), truncated, now() - start < 8_000);
  },
  async group() {
    const scope = new CancelScope({ deadline: now() + 50 });
    // The second shell ignores SIGTERM, and would print.
    const script = "(trap '' TERM; sleep 1; echo left running) & wait";
    const end = runCommand(scope, "sh", ["-c", script], { output: "inherit", grace: 50 });
    const error: unknown = await end.catch((caught: unknown) => caught);
    console.log("cancelled:", error === scope.reason);
    await new CancelScope().sleep(1_200);
  },
};

await parts[process.argv[2]!]!();
