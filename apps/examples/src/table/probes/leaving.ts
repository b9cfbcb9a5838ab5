import type { Column } from "../column.js";
import { Stage } from "../stage.js";

export const leaving: Column = {
  title: "safe to leave early",
  probe:
    "The code that started two tasks throws after 10 ms; one task fails after 20, one works for 50. " +
    "Yes: the work is cancelled, nothing runs when the caller has the error, and no rejection is unhandled.",
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
