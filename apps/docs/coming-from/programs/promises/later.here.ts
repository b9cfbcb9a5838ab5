import { collapse } from "@selvage/exception-group";
import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function load(part: string, ms: number, scope: CancelScope) {
  await scope.sleep(ms);
  if (part === "orders") throw new Error("orders: 500");
  return part;
}

try {
  await TaskGroup.run(async (group) => {
    const user = group.createTask((scope) => load("user", 1000, scope));
    const orders = group.createTask((scope) => load("orders", 5, scope));
    console.log(await user, await orders);
  });
} catch (error) {
  console.log(`caught ${String(collapse(error))}`);
}
