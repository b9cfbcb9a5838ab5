import { setTimeout as sleep } from "node:timers/promises";
import { CancelScope, retry } from "@selvage/retry";

const user = new CancelScope({ name: "user" });

// A client that wraps every error, as many do.
async function request(scope: CancelScope, attempt: number) {
  console.log(`attempt ${attempt}`);
  try {
    await sleep(60_000, undefined, { signal: scope.signal });
  } catch (cause) {
    throw new Error("the request failed", { cause });
  }
}

setTimeout(() => user.cancel(), 5);
try {
  await retry(request, { backoff: { initial: 5 }, parent: user });
} catch (error) {
  console.log(String(error));
}
