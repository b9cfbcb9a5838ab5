/** Fails in the way that its argument names. */
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
  /**
   * A body and two disposals that fail. If `using` is down-levelled, the error is not the platform's SuppressedError.
   */
  async suppressed() {
    await using _first = { [Symbol.asyncDispose]: () => Promise.reject(new Error("disposes of the first")) };
    await using _second = { [Symbol.asyncDispose]: () => Promise.reject(new Error("disposes of the second")) };
    await Promise.reject(new TypeError("runs"));
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
  /** The cancellation of another owner is a failure for the code that awaits it. */
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
