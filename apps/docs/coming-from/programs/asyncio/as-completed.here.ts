import { asCompleted, type CancelScope } from "@selvage/task-group";
import { timeout, TimeoutError } from "@selvage/timeout";

function work(n: number, ms: number) {
  return async (scope: CancelScope): Promise<number> => {
    await scope.sleep(ms);
    if (n === 2) throw new RangeError("2 is out of range");
    return n;
  };
}

try {
  await timeout(1000, async ({ scope }) => {
    for await (const task of asCompleted(
      [work(3, 60_000), work(1, 1), work(2, 5)],
      { parent: scope },
    )) {
      console.log(
        task.status === "fulfilled"
          ? `result: ${task.result()}`
          : String(task.exception()),
      );
    }
  });
} catch (error) {
  if (error instanceof TimeoutError)
    console.log("timed out: the last was cancelled, and waited for");
}
