/** Cleans up when it is cancelled, for as long as the test wants; the signals to handle are its arguments. */
import { run, type SignalName } from "@selvage/runner";
import { nextLine } from "./stdin.js";

const signals = process.argv.length > 2 ? (process.argv.slice(2) as SignalName[]) : undefined;

process.on("exit", (code) => {
  const handlers = (signals ?? ["SIGINT", "SIGTERM"]).reduce((sum, signal) => sum + process.listenerCount(signal), 0);
  console.log(`exit ${code} with ${handlers} handlers`);
});
setInterval(() => {}, 60_000); // for example a connection of other code, which would keep the process alive

await run(
  async (scope) => {
    console.log("started");
    try {
      await scope.sleep(Infinity);
    } finally {
      console.log(`cancelled by ${String(scope.reason?.cause)}`);
      await nextLine();
      console.log("cleaned up");
    }
  },
  { signals },
);
console.log("went on");
