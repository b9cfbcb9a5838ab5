/** Prints the objects that are still in memory and that only a live semaphore could hold. Run it with --expose-gc. */
import { CancelScope } from "@selvage/scope";
import { Keyed, Mutex, RateLimiter, Semaphore } from "@selvage/semaphore";

const watched = new Map<string, WeakRef<object>>();
function watch<T extends object>(name: string, object: T): T {
  watched.set(name, new WeakRef(object));
  return object;
}

const semaphore = new Semaphore(2);
const limiter = new RateLimiter({ rate: 1, per: 60_000 });
const locks = new Keyed((key: object) => watch("the mutex of a key", new Mutex({ name: typeof key })));
limiter.tryTake();

async function use(): Promise<void> {
  const scope = watch("a scope", new CancelScope());
  await semaphore.run(
    scope,
    watch("the function of a run", (own) => {
      watch("the scope of a run", own);
    }),
  );
  watch("a permit", await semaphore.acquire(scope)).release();
  const leaving = watch("the scope of waits that were cancelled", new CancelScope());
  const holder = semaphore.tryAcquire(2);
  const waits = watch("a wait that was cancelled", semaphore.acquire(leaving));
  const tokens = watch("a take that was cancelled", limiter.take(leaving));
  leaving.cancel();
  await Promise.allSettled([waits, tokens]);
  holder?.release();
  await locks.run(scope, watch("a key", {}), () => {});
  watch("a permit that was never given back", await semaphore.acquire(scope));
}

await use();
for (let round = 0; round < 5; round++) {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
}
// The objects that are kept for the latest use belong to this one.
using last = new CancelScope();
await semaphore.run(last, () => {});
await locks.run(last, {}, () => {});
const lastWait = limiter.take(last);
last.cancel();
await lastWait.catch(() => {});
for (let round = 0; round < 5; round++) {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
}
watched.delete("the mutex of a key");
const left = [...watched].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name);
console.log(JSON.stringify({ watched: watched.size, left, free: semaphore.free }));
