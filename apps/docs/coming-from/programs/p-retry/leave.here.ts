import { type CancelScope, retry } from "@selvage/retry";

const user = new AbortController();

async function request(scope: CancelScope, attempt: number) {
  console.log(`attempt ${attempt}`);
  if (attempt === 1) throw new Error("503");
  user.abort(new Error("the user has left"));
  await scope.sleep(20);
  console.log(`attempt ${attempt} has written its result`);
}

try {
  await retry(request, { backoff: { initial: 5 }, parent: user.signal });
} catch (error) {
  console.log(`stopped: ${String((error as Error).cause)}`);
}
