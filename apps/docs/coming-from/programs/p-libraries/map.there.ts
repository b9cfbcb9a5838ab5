import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";

function* orders(): Generator<string> {
  try {
    yield* ["a", "b", "c", "d"];
  } finally {
    console.log("cursor closed");
  }
}

async function ship(order: string) {
  await sleep(order === "a" ? 5 : 1000);
  if (order === "a") throw new Error("a: no such address");
  console.log(`${order}: shipped`);
  return order;
}

try {
  await pMap(orders(), ship, { concurrency: 2 });
} catch (error) {
  console.log(`stopped: ${String(error)}`);
}
