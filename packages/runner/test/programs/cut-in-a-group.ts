/** Is cancelled, and rejects with a group that contains only cancellations. */
import { ExceptionGroup, run } from "@selvage/runner";

await run(async (scope) => {
  console.log("started");
  await scope.sleep(Infinity).catch((error: unknown) => {
    throw new ExceptionGroup("cancelled", [error, new ExceptionGroup("aborted", [new DOMException("", "AbortError")])]);
  });
});
