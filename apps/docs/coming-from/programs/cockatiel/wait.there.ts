import { ConstantBackoff, handleAll, retry } from "cockatiel";

const policy = retry(handleAll, {
  maxAttempts: 3,
  backoff: new ConstantBackoff(1_000),
});

const user = new AbortController();
setTimeout(() => user.abort(), 20);
const start = performance.now();
try {
  await policy.execute(({ attempt }) => {
    console.log(`attempt ${attempt + 1}`);
    throw new Error("503");
  }, user.signal);
} catch (error) {
  console.log(String(error));
}
const elapsed = performance.now() - start;
console.log(elapsed < 700 ? "at once" : "after the wait");
