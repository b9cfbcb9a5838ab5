import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";

const user = new AbortController();

async function request(attempt: number) {
  console.log(`attempt ${attempt}`);
  if (attempt === 1) throw new Error("503");
  user.abort(new Error("the user has left"));
  await sleep(20);
  console.log(`attempt ${attempt} has written its result`);
}

try {
  await pRetry(request, { minTimeout: 5, signal: user.signal });
} catch (error) {
  console.log(`stopped: ${String(error)}`);
}
