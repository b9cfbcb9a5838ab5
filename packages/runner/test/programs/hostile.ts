/** Throws hostile values that nothing catches, beginning with the one whose index is given. */
import { run } from "@selvage/runner";
import { thrown } from "../thrown.js";

const [, , how, first] = process.argv;
const start = Number(first);

await run(async (scope) => {
  for (const [, make] of [...thrown.slice(start), ...thrown.slice(0, start)]) {
    const value = make();
    if (how === "reject") {
      void Promise.reject(value);
    } else {
      queueMicrotask(() => {
        throw value;
      });
    }
  }
  try {
    await scope.sleep(Infinity);
  } finally {
    console.log("unwinds");
  }
});
