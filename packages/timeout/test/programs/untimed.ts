/** A timeout that ends before the event loop turns has no need of a platform's timer. */
import { timers } from "./counted-timers.js";
import { timeout } from "@selvage/timeout";

for (let i = 0; i < 1_000; i++) await timeout(60_000, async () => Promise.resolve());
console.log(timers.set, "timers set");
await timeout(60_000, () => new Promise((resolve) => setImmediate(resolve)));
console.log(timers.set, "timer set for a body that takes time");
