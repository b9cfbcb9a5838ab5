import type { Clock } from "@selvage/scope";
import { ownByHand } from "./by-hand.js";
import type { Contestant } from "./contestant.js";
import type { WorkloadTask } from "./workload.js";

const abortController: Contestant = {
  name: "AbortController, by hand",
  description: "cancels, waits and collects, by hand",
  async run({ tasks, onArrival }, { signal }) {
    const results: string[] = [];
    await ownByHand((start) => {
      const add = (task: WorkloadTask): void => start(async (signal) => results.push(await task(signal)));
      tasks.forEach(add);
      onArrival(add);
    }, signal);
    return results;
  },
  timeout: deadlineByHand,
};

/** The platform's ways to run several tasks. */
export const platform: readonly Contestant[] = [
  combinator("Promise.all", "ends at the first failure", (promises) => Promise.all(promises)),
  combinator("Promise.allSettled", "ends when all have ended", (promises) => Promise.allSettled(promises)),
  combinator("Promise.race", "ends at the first end", (promises) => Promise.race(promises)),
  combinator("Promise.any", "ends at the first success", (promises) => Promise.any(promises)),
  abortController,
];

/** None of the four accepts a task that is added later, because they have already read their list. */
function combinator(
  name: string,
  description: string,
  combine: (promises: readonly Promise<string>[]) => Promise<unknown>,
): Contestant {
  return {
    name,
    description,
    run({ tasks, onArrival }, { signal }) {
      const promises = tasks.map((task) => task(signal));
      onArrival((task) => promises.push(task(signal)));
      return combine(promises);
    },
    timeout: timeoutByHand,
  };
}

/** A timeout as usually written by hand: a race against a timer, which also aborts a signal. */
async function timeoutByHand(
  ms: number,
  run: (signal: AbortSignal) => Promise<unknown>,
  clock: Clock,
): Promise<unknown> {
  let timer: unknown;
  const controller = new AbortController();
  const expiry = new Promise<never>((_, reject) => {
    timer = clock.setTimer(() => {
      const error = timeoutError(ms);
      controller.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([run(controller.signal), expiry]);
  } finally {
    clock.clearTimer(timer);
  }
}

/** For work that ends by itself once it is aborted, as with `AbortSignal.timeout`. There is no race, so the end is waited for. */
async function deadlineByHand(
  ms: number,
  run: (signal: AbortSignal) => Promise<unknown>,
  clock: Clock,
): Promise<unknown> {
  const controller = new AbortController();
  const timer = clock.setTimer(() => controller.abort(timeoutError(ms)), ms);
  try {
    return await run(controller.signal);
  } finally {
    clock.clearTimer(timer);
  }
}

function timeoutError(ms: number): DOMException {
  return new DOMException(`timed out after ${ms} ms`, "TimeoutError");
}
