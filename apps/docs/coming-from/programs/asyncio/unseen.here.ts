import { timeout, TimeoutError } from "@selvage/timeout";

const report = (): Promise<number> => new Promise(() => {}); // nobody ever resolves it

try {
  // Without `race` there would be nothing to cut, and the timeout would wait for ever.
  await timeout(10, ({ scope }) => scope.race(report()));
} catch (error) {
  if (error instanceof TimeoutError) console.log("timed out");
}
