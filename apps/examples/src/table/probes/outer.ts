import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const outer: Column = {
  title: "outer cancellation reaches the children",
  probe: "The caller is cancelled while tasks run. Yes: all of them are cancelled.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const works = [stage.work({ lasts: 50 }), stage.work({ lasts: 50 })];
    await stage.runTasks(way, ({ start }) => {
      for (const { task } of works) start(task);
      stage.at(10, () => stage.cancelCaller());
    });
    return works.every(({ wasTold }) => wasTold);
  },
  async ofOneBody(way) {
    const stage = new Stage();
    const work = stage.work({ lasts: 50 });
    await stage.runBody(way, (signal) => {
      stage.at(10, () => stage.cancelCaller());
      return work.task(signal);
    });
    return work.wasTold;
  },
};
