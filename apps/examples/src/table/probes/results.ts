import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const results: Column = {
  title: "result collection",
  probe:
    "Three tasks return, the first one last. Yes: the caller gets the three results in the order of the tasks. For a single body: its value.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const works = [
      stage.work({ lasts: 30, value: "a" }),
      stage.work({ lasts: 10, value: "b" }),
      stage.work({ lasts: 20, value: "c" }),
    ];
    const { outcome } = await stage.collect(
      way,
      works.map(({ task }) => task),
    );
    return outcome.ok && valuesIn(outcome.value).join() === "a,b,c";
  },
  async ofOneBody(way) {
    const stage = new Stage();
    const work = stage.work({ lasts: 10, value: "a" });
    const { outcome } = await stage.runBody(way, (signal) => work.task(signal));
    return outcome.ok && outcome.value === "a";
  },
};

/** The values of a list, bare or wrapped as by `Promise.allSettled`. */
function valuesIn(result: unknown): unknown[] {
  const list = Array.isArray(result) ? (result as unknown[]) : [result];
  return list.map((item) => (typeof item === "object" ? (item as PromiseFulfilledResult<unknown>).value : item));
}
