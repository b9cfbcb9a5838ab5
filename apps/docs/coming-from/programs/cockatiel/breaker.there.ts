import { circuitBreaker, ConsecutiveBreaker, handleAll } from "cockatiel";

const breaker = circuitBreaker(handleAll, {
  halfOpenAfter: 1_000,
  breaker: new ConsecutiveBreaker(2),
});

// Two users leave. Nothing is wrong with the service.
for (let i = 0; i < 2; i++) {
  const user = new AbortController();
  const answer = breaker.execute(
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () =>
          reject(new DOMException("aborted", "AbortError")),
        ),
      ),
    user.signal,
  );
  user.abort();
  await answer.catch((error: unknown) => console.log(String(error)));
}
try {
  console.log(await breaker.execute(() => "an answer"));
} catch (error) {
  console.log(String(error));
}
