/** Waits only for its cancellation, so that the program itself does not keep the process alive. */
import { run } from "@selvage/runner";

const value = await run(
  (scope) =>
    new Promise<string>((resolve) => {
      scope.onCancel(() => resolve("notified"));
      console.log("started");
    }),
);
console.log(value);
