import { type CancelScope, retry, RetryError } from "@selvage/retry";

const start = performance.now();

async function request(scope: CancelScope, attempt: number) {
  await scope.sleep(attempt === 3 ? 4_000 : 1); // the third one hangs for a while
  throw new Error(`no answer to ${attempt}`);
}

try {
  await retry(request, {
    attempts: 11,
    backoff: { initial: 10, jitter: false },
    timeout: 500,
  });
} catch (error) {
  if (!(error instanceof RetryError)) throw error;
  for (const each of error.errors) console.log(String(each));
}
const elapsed = performance.now() - start;
console.log(elapsed < 3_000 ? "in time" : "late");
