/** A timeout whose limit is removed does not keep the process alive, although its body is still pending. */
import { timeout } from "@selvage/timeout";

process.on("exit", () => {
  console.log("exits");
});
void timeout(3_600_000, (own) => {
  own.reschedule(null);
  return own.scope.race(new Promise(() => {}));
});
