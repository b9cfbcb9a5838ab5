import { setTimeout as sleep } from "node:timers/promises";
import { RateLimiter } from "@selvage/semaphore";
import { TaskGroup } from "@selvage/task-group";

let sent = 0;
const rate = new RateLimiter({ rate: 2, per: 1_000 });
await TaskGroup.run(async (group) => {
  for (let count = 0; count < 5; count++)
    group.createTask((scope) => rate.take(scope).then(() => sent++));
  await sleep(200);
  console.log(`${sent} at once`);
  await sleep(550);
  console.log(`${sent} in the first interval`);
});
console.log(`${sent} in all`);
