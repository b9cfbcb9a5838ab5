import { timeout, TimeoutError } from "@selvage/timeout";

// Nobody ever resolves it.
const report = () => new Promise<number>(() => {});

try {
  // Without `race` nothing would be cut, and `timeout` would wait for ever.
  await timeout(10, ({ scope }) => scope.race(report()));
} catch (error) {
  if (error instanceof TimeoutError) console.log("timed out");
}
