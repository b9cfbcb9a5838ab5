import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const added: Column = {
  title: "tasks added during the lifetime",
  probe:
    "While a task of 20 ms runs, another task of 50 ms is added from elsewhere. " +
    "Yes: the other task has ended when the caller has control back.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const first = stage.work({ lasts: 20 });
    const second = stage.work({ lasts: 50 });
    const { allHadEnded } = await stage.runTasks(way, ({ start }) => {
      start(first.task);
      stage.at(10, () => start(second.task));
    });
    return allHadEnded;
  },
};
