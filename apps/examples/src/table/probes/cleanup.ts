import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const cleanup: Column = {
  title: "guaranteed cleanup of subtasks",
  probe:
    "One task returns after 5 ms, one fails after 10, one works for 50. " +
    "Yes: each has ended, its `finally` included, when the caller has control back.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const works = [
      stage.work({ lasts: 5 }),
      stage.work({ lasts: 10, fails: new Error("failed") }),
      stage.work({ lasts: 50 }),
    ];
    const { allHadEnded } = await stage.runTasks(way, ({ start }) => {
      for (const { task } of works) start(task);
    });
    return allHadEnded;
  },
};
