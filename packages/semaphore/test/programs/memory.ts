/** Prints how many bytes are retained for each of many waits, and what else is left. Run it with --expose-gc. */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { getEventListeners } from "node:events";
import { CancelScope } from "@selvage/scope";
import { Keyed, Mutex, RateLimiter, Semaphore } from "@selvage/semaphore";

/** How many waits of each kind there are. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 50_000);
const BATCH = 250;

const scope = new CancelScope();
const controller = new AbortController();
const semaphore = new Semaphore(2);
const mutex = new Mutex({ name: "mutex" });
const limiter = new RateLimiter({ rate: 1, per: 1e9 });
limiter.tryTake();
const locks = new Keyed((key: number) => new Mutex({ name: `${key}` }));
const rates = new Keyed(() => new RateLimiter({ rate: 1e9, per: 1 }));
let key = 0;

async function runBatch(): Promise<void> {
  const all: Promise<unknown>[] = [];
  const leaving = new CancelScope();
  for (let number = 0; number < BATCH; number++) {
    all.push(
      // granted
      semaphore.run(scope, () => number),
      semaphore.acquire(controller.signal).then((permit) => {
        permit.release();
      }),
      mutex.run(scope, () => Promise.reject(new Error("failed"))).catch(() => {}),
      // cancelled
      mutex.acquire(leaving).catch(() => {}),
      mutex.run(leaving.signal, () => {}).catch(() => {}),
      limiter.take(leaving).catch(() => {}),
      // keyed
      locks.run(scope, key++, () => number),
      rates.take(scope, key++),
    );
  }
  leaving.cancel();
  await Promise.all(all);
  await nextTurn();
}

for (let done = 0; done < 10_000; done += BATCH) await runBatch();
const before = await heapUsed();
for (let done = 0; done < ROUNDS; done += BATCH) await runBatch();
const kept = ((await heapUsed()) - before) / ROUNDS;
const timers = process.getActiveResourcesInfo().includes("Timeout");
const { length: listeners } = getEventListeners(controller.signal, "abort");
const waiting = semaphore.waiting + mutex.waiting + limiter.waiting;
console.log(JSON.stringify({ kept, timers, listeners, waiting, free: semaphore.free, keys: locks.size + rates.size }));
scope.close(); // throws if anything were left below it
