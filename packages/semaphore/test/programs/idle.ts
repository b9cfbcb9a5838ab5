/** Semaphores with holders and waiters keep no process alive; neither does an idle limiter. Prints what waits. */
import { CancelScope } from "@selvage/scope";
import { Keyed, Mutex, RateLimiter, Semaphore } from "@selvage/semaphore";

const scope = new CancelScope();
const semaphore = new Semaphore(1);
const locks = new Keyed(() => new Mutex());
const limiter = new RateLimiter({ rate: 1, per: 3_600_000 });
await semaphore.acquire(scope);
void semaphore.acquire(scope).then(() => console.log("never"));
void semaphore.run(scope, () => console.log("never"));
void locks.run(scope, "a", () => new Promise(() => {}));
limiter.tryTake();
// A wait whose deadline is far away: the deadline of a bare scope keeps no process alive (S10).
void semaphore.acquire(new CancelScope({ deadline: scope.clock.now() + 3_600_000 }));
console.log(`${semaphore.waiting} waiting, ${semaphore.free} free`);
