/**
 * Prints how many bytes are retained for each of many timeouts that do not fire, and what else is left. Run it with
 * --expose-gc.
 */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { getEventListeners } from "node:events";
import { CancelScope } from "@selvage/scope";
import { moveOnAfter, timeout } from "@selvage/timeout";

/** How often each kind of timeout is run. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 50_000);

const parent = new CancelScope();
const controller = new AbortController();

async function runTimeouts(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1_000) {
    const batch: Promise<unknown>[] = [];
    for (let number = 0; number < 250; number++) {
      batch.push(
        timeout(60_000, () => number),
        timeout(60_000, async ({ scope }) => scope.cancelled, { parent }),
        moveOnAfter(60_000, ({ signal }) => Promise.resolve(signal.aborted), { parent: controller.signal }),
        timeout(60_000, (own) => {
          own.reschedule(own.when()! + 1_000);
          return Promise.reject(new Error("failed"));
        }).catch(() => {}),
      );
    }
    await Promise.all(batch);
    await nextTurn();
  }
}

await runTimeouts(20_000);
const before = await heapUsed();
await runTimeouts(ROUNDS);
const kept = ((await heapUsed()) - before) / ROUNDS;
const timers = process.getActiveResourcesInfo().includes("Timeout");
console.log(JSON.stringify({ kept, timers, listeners: getEventListeners(controller.signal, "abort").length }));
parent.close(); // throws if anything were left below it
