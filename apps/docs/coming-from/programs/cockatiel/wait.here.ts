import { isCancellation, retry } from "@selvage/retry";

const user = new AbortController();
setTimeout(() => user.abort(), 20);
const start = performance.now();
try {
  await retry(
    (_, attempt) => {
      console.log(`attempt ${attempt}`);
      throw new Error("503");
    },
    { parent: user.signal, attempts: 4, delayFor: () => 1_000 },
  );
} catch (error) {
  console.log(isCancellation(error) ? "cancelled" : String(error));
}
const elapsed = performance.now() - start;
console.log(elapsed < 700 ? "at once" : "after the wait");
