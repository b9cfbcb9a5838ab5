import { NativeTimers } from "../../native-timers.js";
import type { Clock } from "@selvage/scope";
import { BusyError, type Site } from "./site.js";

/** Visits every page once: three at a time, one per 50 ms and host, and three attempts for each. An abort stops it. */
export async function crawlByHand(start: string, site: Site, signal: AbortSignal, clock: Clock): Promise<number> {
  const rest = new AbortController(); // what is left when one page has failed
  const timers = new NativeTimers(clock, AbortSignal.any([signal, rest.signal]));
  const seen = new Set([start]);
  const queue = [start];
  const turns = new Map<string, number>();
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  async function visit(url: string): Promise<void> {
    const { host } = new URL(url);
    const turn = Math.max(clock.now(), turns.get(host) ?? 0);
    turns.set(host, turn + 50);
    await timers.sleep(turn - clock.now());
    for (let attempt = 1; ; attempt++) {
      try {
        for (const link of await site.get(url, timers)) {
          if (seen.has(link)) continue;
          seen.add(link);
          queue.push(link);
        }
        return;
      } catch (error) {
        if (signal.aborted || rest.signal.aborted || attempt === 3) throw error;
        await timers.sleep(error instanceof BusyError ? error.retryAfter : 100 * 2 ** attempt);
      }
    }
  }

  while (queue.length > 0 || running.size > 0) {
    while (queue.length > 0 && running.size < 3 && failure === undefined) {
      const task = visit(queue.shift()!)
        .catch((error: unknown) => {
          failure ??= { error };
          rest.abort(error);
        })
        .finally(() => running.delete(task));
      running.add(task);
    }
    await Promise.race(running);
    if (failure !== undefined) queue.length = 0;
  }
  if (failure !== undefined) throw failure.error;
  return seen.size;
}
