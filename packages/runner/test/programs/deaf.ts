/** Ignores its cancellation, and returns when the test says so. */
import { run } from "@selvage/runner";
import { nextLine } from "./stdin.js";

const value = await run(async (scope) => {
  scope.onCancel(() => console.log("told"));
  console.log("started");
  await nextLine();
  return "its value";
});
console.log(`ended with ${value} and ${process.listenerCount("SIGINT")} handlers`);
