import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const waiting: Column = {
  title: "waits for cleanup",
  probe:
    "The caller is cancelled while three tasks run: one stops at once, one needs 20 ms to clean up, one ignores it for 10. " +
    "Yes: the first two are cancelled, and all three have ended when the caller has control back. " +
    "For a single body that its limit interrupts: it has cleaned up.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const prompt = stage.work({ lasts: 50 });
    const tidy = stage.work({ lasts: 50, cleanup: 20 });
    const deaf = stage.work({ lasts: 20, ignoresCancellation: true });
    const { allHadEnded } = await stage.runTasks(way, ({ start }) => {
      for (const { task } of [prompt, tidy, deaf]) start(task);
      stage.at(10, () => stage.cancelCaller());
    });
    return prompt.wasTold && tidy.wasTold && allHadEnded;
  },
  async ofOneBody(way) {
    const stage = new Stage();
    const tidy = stage.work({ lasts: 50, cleanup: 20 });
    const { allHadEnded } = await stage.runBody(way, (signal) => tidy.task(signal), 10);
    return tidy.wasTold && allHadEnded;
  },
};
