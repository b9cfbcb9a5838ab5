import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";

const user = new AbortController();

// A client that wraps every error, as many do.
async function request(attempt: number) {
  console.log(`attempt ${attempt}`);
  try {
    await sleep(60_000, undefined, { signal: user.signal });
  } catch (cause) {
    throw new Error("the request failed", { cause });
  }
}

setTimeout(() => user.abort(), 5);
try {
  await pRetry(request, { retries: 2, minTimeout: 5 });
} catch (error) {
  console.log(String(error));
}
