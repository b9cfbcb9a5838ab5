import { setTimeout as sleep } from "node:timers/promises";
import {
  ConstantBackoff,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";

const policy = wrap(
  retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(5) }),
  timeout(10, TimeoutStrategy.Aggressive),
);

let running = 0;
let most = 0;
try {
  await policy.execute(async () => {
    most = Math.max(most, ++running);
    await sleep(400); // ignores its signal
    running--;
  });
} catch (error) {
  console.log(String(error));
}
console.log(`at most ${most} at once, and ${running} still run`);
