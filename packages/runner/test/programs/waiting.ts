/** Waits for nothing but its cancellation, so that nothing of its own keeps the process alive. */
import { run } from "@selvage/runner";

const value = await run(
  (scope) =>
    new Promise<string>((resolve) => {
      scope.onCancel(() => resolve("told"));
      console.log("started");
    }),
);
console.log(value);
