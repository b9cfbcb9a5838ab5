/** A timeout whose limit is taken away keeps no process alive, though its body is still pending. */
import { timeout } from "@selvage/timeout";

process.on("exit", () => {
  console.log("exits");
});
void timeout(3_600_000, (own) => {
  own.reschedule(null);
  return own.scope.race(new Promise(() => {}));
});
