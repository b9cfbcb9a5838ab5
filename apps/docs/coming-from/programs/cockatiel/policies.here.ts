import { setTimeout as sleep } from "node:timers/promises";
import { retry } from "@selvage/retry";

let running = 0;
let most = 0;
try {
  await retry(
    async () => {
      most = Math.max(most, ++running);
      await sleep(400); // ignores its scope
      running--;
      throw new Error("too late");
    },
    {
      attempts: 3,
      backoff: { initial: 5, factor: 1, jitter: false },
      attemptTimeout: 10,
    },
  );
} catch (error) {
  console.log(String(error).replace(/\d+ ms/, "… ms"));
}
console.log(`at most ${most} at once, and ${running} still run`);
