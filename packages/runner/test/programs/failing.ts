/** Fails in the way its argument names. */
import { CancelScope, ExceptionGroup, run } from "@selvage/runner";

Error.stackTraceLimit = 1;
process.on("exit", (code) => console.log(`exit ${code} with ${process.listenerCount("SIGINT")} handlers`));
process.on("uncaughtExceptionMonitor", (error) => console.log(`crash: ${error.message}`));

const mains: Record<string, (scope: CancelScope) => unknown> = {
  synchronously() {
    throw new Error("at once");
  },
  async group() {
    await Promise.resolve();
    throw new ExceptionGroup("two failures", [
      new ExceptionGroup("nested", [new TypeError("wrong type", { cause: new Error("the cause of it") })]),
      Object.assign(new Error("no such file"), { code: "ENOENT" }),
    ]);
  },
  many() {
    console.log("fails");
    throw new ExceptionGroup(
      undefined,
      Array.from({ length: 100 }, (_, index) => new Error(`failure ${index} ${"x".repeat(8_000)}`)),
    );
  },
  /** A cleanup that fails. */
  async cleanup(scope) {
    try {
      console.log("started");
      await scope.sleep(Infinity);
    } finally {
      await Promise.reject(new Error("cannot clean up"));
    }
  },
  /** Somebody else's cancellation is a failure for who awaits it. */
  async foreign(scope) {
    console.log("started");
    await scope.sleep(Infinity).catch(() => {});
    const other = new CancelScope({ name: "other" });
    other.cancel("closing time");
    await other.checkpoint();
  },
};

await run(mains[process.argv[2]!]!);
console.log("went on");
