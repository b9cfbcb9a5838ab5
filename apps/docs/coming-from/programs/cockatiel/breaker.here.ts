import { Breaker } from "@selvage/retry";

const breaker = new Breaker({ failures: 2 }, { resetAfter: 1_000 });

// Two users leave. Nothing is wrong with the service.
for (let i = 0; i < 2; i++) {
  const user = new AbortController();
  const answer = breaker.run(
    user.signal,
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () =>
          reject(new DOMException("aborted", "AbortError")),
        ),
      ),
  );
  user.abort();
  await answer.catch((error: unknown) =>
    console.log((error as Error).name),
  );
}
const user = new AbortController();
console.log(await breaker.run(user.signal, () => "an answer"));
