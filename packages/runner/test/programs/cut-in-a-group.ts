/** Is cut, and says so by a group of nothing else. */
import { ExceptionGroup, run } from "@selvage/runner";

await run(async (scope) => {
  console.log("started");
  await scope.sleep(Infinity).catch((error: unknown) => {
    throw new ExceptionGroup("cut", [error, new ExceptionGroup("aborted", [new DOMException("", "AbortError")])]);
  });
});
