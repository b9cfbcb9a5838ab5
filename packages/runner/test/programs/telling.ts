/** Fails with an `onError` that behaves as the argument says. */
import { run } from "@selvage/runner";
import { nextLine } from "./stdin.js";

Error.stackTraceLimit = 0;
const handlers: Record<string, (error: unknown) => unknown> = {
  waits: async (error) => {
    console.log(`onError got: ${String(error)}`);
    await nextLine();
    console.log("sent");
  },
  fails: () => {
    throw new RangeError("onError failed");
  },
  rejects: () => Promise.reject(new RangeError("onError failed")),
};

await run(() => Promise.reject(new TypeError("what failed")), { onError: handlers[process.argv[2]!]! });
console.log("went on");
