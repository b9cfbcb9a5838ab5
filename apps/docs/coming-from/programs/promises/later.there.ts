import { setTimeout as sleep } from "node:timers/promises";

async function load(part: string, ms: number) {
  await sleep(ms);
  if (part === "orders") throw new Error("orders: 500");
  return part;
}

const user = load("user", 1000);
const orders = load("orders", 5);
try {
  // The orders fail while the user is awaited.
  console.log(await user, await orders);
} catch (error) {
  console.log(`caught ${String(error)}`);
}
