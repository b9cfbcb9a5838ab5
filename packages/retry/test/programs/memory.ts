/** Prints how many bytes are retained for each of many calls, attempts and ticks, and what else is left. Run it with --expose-gc. */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { getEventListeners } from "node:events";
import { Breaker, CancelScope, every, hedge, HedgeBudget, retry } from "@selvage/retry";

/** How often each kind of work is done. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 50_000);

const parent = new CancelScope();
const controller = new AbortController();
const breaker = new Breaker({ rate: 0.9, window: 1_000, minimum: 1_000_000_000 }, { resetAfter: 1 });
const budget = new HedgeBudget({ share: 0.5 });
const backoff = { initial: 0 };

/** Work that is done `count` times. */
const work: Record<string, (count: number) => Promise<void>> = {
  /** Calls that succeed, that are retried once, that fail, and that have a signal as their parent. */
  async calls(count) {
    for (let started = 0; started < count; started += 1_000) {
      const batch: Promise<unknown>[] = [];
      for (let number = 0; number < 250; number++) {
        batch.push(
          retry(() => number, { parent }),
          retry((_, attempt) => (attempt === 1 ? Promise.reject(new Error("busy")) : number), {
            parent,
            backoff,
            timeout: 60_000,
          }),
          retry(() => Promise.reject(new Error("down")), { attempts: 2, backoff, attemptTimeout: 60_000 }).catch(
            () => {},
          ),
          retry((scope) => scope.signal.aborted, { parent: controller.signal }),
        );
      }
      await Promise.all(batch);
      await nextTurn();
    }
  },
  /** Attempts of one call. */
  async attempts(count) {
    let calls = 0;
    await retry(() => (++calls < count ? Promise.reject(new Error(`no ${calls}`)) : calls), {
      parent,
      attempts: Infinity,
      backoff,
    });
  },
  /** Runs of one `every`, on a clock that is always late. */
  async ticks(count) {
    let runs = 0;
    let now = 0;
    const clock = {
      now: () => (now += 10),
      setTimer: (callback: () => void) => setImmediate(callback),
      clearTimer: (timer: unknown) => clearImmediate(timer as NodeJS.Immediate),
    };
    const done = new Error("done");
    await every(1, () => (++runs < count ? runs : Promise.reject(done)), { parent, clock }).catch(() => {});
  },
  async hedges(count) {
    for (let started = 0; started < count; started++) {
      await hedge([() => Promise.reject(new Error("no")), () => started], { parent, after: 60_000, budget }).catch(
        () => {},
      );
      if (started % 1_000 === 0) await nextTurn();
    }
  },
  async breakers(count) {
    for (let started = 0; started < count; started++) {
      await breaker.run(parent, () => (started % 2 === 0 ? started : Promise.reject(new Error("no")))).catch(() => {});
      if (started % 1_000 === 0) await nextTurn();
    }
  },
};

const kept: Record<string, number> = {};
for (const [what, run] of Object.entries(work)) {
  await run(20_000);
  const before = await heapUsed();
  await run(ROUNDS);
  kept[what] = ((await heapUsed()) - before) / ROUNDS;
}
const timers = process.getActiveResourcesInfo().includes("Timeout");
console.log(JSON.stringify({ kept, timers, listeners: getEventListeners(controller.signal, "abort").length }));
parent.close(); // throws if anything were left below it
