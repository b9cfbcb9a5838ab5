/** Prints more than a pipe holds while it is cancelled. */
import { run } from "@selvage/runner";

await run(async (scope) => {
  console.log("started");
  scope.onCancel(() => console.log("x".repeat(5_000_000)));
  await scope.sleep(Infinity);
});
