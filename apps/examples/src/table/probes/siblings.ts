import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const siblings: Column = {
  title: "siblings cancelled on an unhandled error",
  probe: "One task fails after 10 ms, another works for 50. Yes: the other is cancelled.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const failing = stage.work({ lasts: 10, fails: new Error("failed") });
    const sibling = stage.work({ lasts: 50 });
    await stage.runTasks(way, ({ start }) => {
      start(failing.task);
      start(sibling.task);
    });
    return sibling.wasTold;
  },
};
