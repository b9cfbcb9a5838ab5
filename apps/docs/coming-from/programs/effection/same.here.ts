import { collapse } from "@selvage/exception-group";
import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function load(part: string, ms: number, scope: CancelScope) {
  try {
    await scope.sleep(ms);
    if (part === "orders") throw new Error("orders: 500");
    return part;
  } finally {
    console.log(`${part}: connection given back`);
  }
}

try {
  await TaskGroup.run(async (group) => {
    const user = group.createTask((scope) => load("user", 1, scope));
    const orders = group.createTask((scope) => load("orders", 20, scope));
    group.createTask((scope) => load("advertisements", 60_000, scope));
    console.log(await user, await orders);
  });
} catch (error) {
  console.log(`failed: ${String(collapse(error))}`);
}
