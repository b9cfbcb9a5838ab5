/** A pending `take` keeps the process alive until it has its token. */
import { CancelScope } from "@selvage/scope";
import { RateLimiter } from "@selvage/semaphore";

const limiter = new RateLimiter({ rate: 1, per: 50 });
const scope = new CancelScope();
await Promise.all([limiter.take(scope), limiter.take(scope)]);
console.log("two tokens");
