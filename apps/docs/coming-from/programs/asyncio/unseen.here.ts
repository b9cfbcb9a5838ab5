import { timeout, TimeoutError } from "@selvage/timeout";

// It never settles.
const report = () => new Promise<number>(() => {});

try {
  // Without `race` nothing would be interrupted, and `timeout` would wait for ever.
  await timeout(10, ({ scope }) => scope.race(report()));
} catch (error) {
  if (error instanceof TimeoutError) console.log("timed out");
}
