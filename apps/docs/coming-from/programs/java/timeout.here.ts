import { asCompleted, type CancelScope } from "@selvage/task-group";
import { moveOnAfter } from "@selvage/timeout";

function quote(shop: string, ms: number) {
  return async (scope: CancelScope) => {
    await scope.sleep(ms);
    return `${shop}: 12.50`;
  };
}

const quotes: string[] = [];
await moveOnAfter(1000, async ({ scope }) => {
  for await (const task of asCompleted(
    [quote("a", 1), quote("b", 5), quote("c", 60_000)],
    { parent: scope },
  )) {
    if (task.status === "fulfilled") quotes.push(task.result());
  }
});
console.log(quotes);
