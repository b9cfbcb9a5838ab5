import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const leaving: Column = {
  title: "safe to leave early",
  probe:
    "The code that started two tasks throws after 10 ms; one of them fails after 20, one has work for 50. " +
    "Yes: the work is told to stop, when the caller has the error nothing runs, and no rejection is left unhandled.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const error = new Error("changed my mind");
    const failing = stage.work({ lasts: 20, fails: new Error("failed"), ignoresCancellation: true });
    const working = stage.work({ lasts: 50 });
    const sight = await stage.runTasks(way, async ({ start }) => {
      start(failing.task);
      start(working.task);
      await stage.sleep(10);
      throw error;
    });
    return sight.hasReported(error) && working.wasTold && sight.allHadEnded && sight.unhandled.length === 0;
  },
};
