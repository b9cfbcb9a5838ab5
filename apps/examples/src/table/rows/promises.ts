import type { ManyTasks, ProbeTask, Row } from "../row.js";

type Combine = (promises: readonly Promise<unknown>[]) => Promise<unknown>;

export const promiseAll: Row = combinator("Promise.all", (promises) => Promise.all(promises));
export const promiseAllSettled: Row = combinator("Promise.allSettled", (promises) => Promise.allSettled(promises));
export const promiseRace: Row = combinator("Promise.race", (promises) => Promise.race(promises));
export const promiseAny: Row = combinator("Promise.any", (promises) => Promise.any(promises));

/** A combinator alone does not pass a signal; by hand, each task receives the caller's signal. */
function combinator(name: string, combine: Combine): Row {
  return {
    name,
    runs: "many tasks",
    asIs: combining(combine, (task) => task()),
    byHand: combining(combine, (task, signal) => task(signal)),
    rules: {},
  };
}

function combining(combine: Combine, call: (task: ProbeTask, signal: AbortSignal) => Promise<unknown>): ManyTasks {
  return {
    async run(body, { signal }) {
      const promises: Promise<unknown>[] = [];
      await body({ start: (task) => void promises.push(call(task, signal)) });
      return combine(promises);
    },
    collect: (tasks, { signal }) => combine(tasks.map((task) => call(task, signal))),
  };
}
