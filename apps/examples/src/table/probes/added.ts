import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const added: Column = {
  title: "tasks added during the lifetime",
  probe:
    "While one task runs, for 20 ms, another is added from elsewhere, which has work for 50. " +
    "Yes: when the caller has control back, the other has ended.",
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
