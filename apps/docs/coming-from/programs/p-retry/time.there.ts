import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";

const start = performance.now();

async function request(attempt: number) {
  await sleep(attempt === 3 ? 4_000 : 1); // the third one hangs for a while
  throw new Error(`no answer to ${attempt}`);
}

try {
  await pRetry(request, { minTimeout: 10, maxRetryTime: 500 });
} catch (error) {
  console.log(String(error));
}
const elapsed = performance.now() - start;
console.log(elapsed < 3_000 ? "in time" : "late");
