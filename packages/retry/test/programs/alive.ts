/** Nothing but the timers of Selvage keeps this process alive. It prints what has ended, and ends by itself. */
import { Breaker, CancelScope, every, hedge, now, retry } from "@selvage/retry";

const never = new Promise<never>(() => {});

async function show(what: string, work: () => Promise<unknown>): Promise<void> {
  const outcome = await work().catch((error: unknown) => (error as Error).name);
  console.log(`${what}: ${String(outcome)}`);
}

await show("a wait", () =>
  retry((_, attempt) => (attempt === 1 ? Promise.reject(new Error("no")) : "fine"), {
    backoff: { initial: 20, jitter: false },
  }),
);
await show("an attemptTimeout", () => retry((scope) => scope.race(never), { attempts: 1, attemptTimeout: 20 }));
await show("a timeout", () => retry((scope) => scope.race(never), { timeout: 20 }));
await show("ticks", async () => {
  let runs = 0;
  await every(5, () => (++runs === 3 ? Promise.reject(new Error("third")) : undefined)).catch(() => {});
  return runs;
});
await show("a run that is cancelled", async () => {
  let runs = 0;
  await every(5, (scope) => (++runs === 3 ? Promise.reject(new Error("third")) : scope.race(never)), {
    overlap: "cancel",
  }).catch(() => {});
  return runs;
});
await show("a hedge", () => hedge([(scope) => scope.race(never), () => "second"], { after: 20 }));

// An open breaker and an idle deadline keep nothing alive.
using scope = new CancelScope({ deadline: now() + 3_600_000 });
const breaker = new Breaker({ failures: 1 }, { resetAfter: 3_600_000 });
await breaker.run(scope, () => Promise.reject(new Error("no"))).catch(() => {});
console.log(breaker.state);
