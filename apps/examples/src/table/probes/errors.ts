import type { Column } from "../column.js";
import type { OneBody } from "../row.js";
import { Stage } from "../stage.js";

export const errors: Column = {
  title: "every error reported",
  probe:
    "One task returns, one fails after 10 ms, one fails after 20 although it was cancelled, one fails in its cleanup. " +
    "Yes: each of the three errors reaches the caller or its error handler. " +
    "For a single body: the errors of its cleanup do, whether a limit interrupted it or not.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const [first, second, third] = [new Error("first"), new Error("second"), new Error("in the cleanup")];
    const works = [
      stage.work({ lasts: 5 }),
      stage.work({ lasts: 10, fails: first }),
      stage.work({ lasts: 20, fails: second, ignoresCancellation: true }),
      stage.work({ lasts: 50, cleanup: 10, cleanupFails: third }),
    ];
    const sight = await stage.runTasks(way, ({ start }) => {
      for (const { task } of works) start(task);
    });
    return [first, second, third].every((error) => sight.hasReported(error));
  },
  async ofOneBody(way) {
    return (await reportsFailure(way, 50)) && (await reportsFailure(way, 5));
  },
};

/** Whether an error of the cleanup is reported: of a body that ended in time, and of one that was interrupted. */
async function reportsFailure(way: OneBody, limit: number): Promise<boolean> {
  const stage = new Stage();
  const error = new Error("in the cleanup");
  const work = stage.work({ lasts: 10, cleanup: 10, cleanupFails: error });
  const sight = await stage.runBody(way, (signal) => work.task(signal), limit);
  return sight.hasReported(error);
}
