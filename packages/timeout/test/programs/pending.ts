/** Only its timeout keeps this process alive; after that, nothing does. */
import { timeout } from "@selvage/timeout";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

const run = timeout(50, ({ scope }) => scope.race(new Promise(() => {}))).catch((error: unknown) => {
  console.log(String(error), timers());
});
console.log("pending", timers());
void run;
