/** The body ends long before its time is up, in every possible way: the process must not wait for the time. */
import { moveOnAfter, timeout } from "@selvage/timeout";

const hour = 3_600_000;
const controller = new AbortController();
const outcomes = await Promise.allSettled([
  timeout(hour, ({ scope }) => scope.sleep(1)),
  moveOnAfter(hour, () => "at once"),
  timeout(hour, () => Promise.reject(new Error("failed"))),
  timeout(hour, ({ scope }) => {
    scope.cancel();
    return scope.sleep(hour);
  }),
  timeout(hour, (own) => {
    own.reschedule(null);
    return own.scope.sleep(1);
  }),
  timeout(2 ** 40, ({ scope }) => scope.sleep(1)),
  timeout(
    hour,
    ({ scope }) => {
      controller.abort();
      return scope.sleep(hour);
    },
    { parent: controller.signal },
  ),
]);
console.log(outcomes.map(({ status }) => status).join(" "));
console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length);
