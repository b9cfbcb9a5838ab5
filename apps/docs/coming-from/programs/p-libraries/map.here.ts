import { collapse } from "@selvage/exception-group";
import { type CancelScope, map } from "@selvage/task-group";

function* orders(): Generator<string> {
  try {
    yield* ["a", "b", "c", "d"];
  } finally {
    console.log("cursor closed");
  }
}

async function ship(order: string, scope: CancelScope) {
  await scope.sleep(order === "a" ? 5 : 1000);
  if (order === "a") throw new Error("a: no such address");
  console.log(`${order}: shipped`);
  return order;
}

try {
  await map(orders(), ship, { limit: 2 });
} catch (error) {
  console.log(`stopped: ${String(collapse(error))}`);
}
