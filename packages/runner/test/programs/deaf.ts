/** Ignores its cancellation, and returns on a line from the test. */
import { run } from "@selvage/runner";
import { nextLine } from "./stdin.js";

const value = await run(async (scope) => {
  scope.onCancel(() => console.log("notified"));
  console.log("started");
  await nextLine();
  return "its value";
});
console.log(`ended with ${value} and ${process.listenerCount("SIGINT")} handlers`);
