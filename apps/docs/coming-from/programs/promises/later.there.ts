import { setTimeout as sleep } from "node:timers/promises";

async function load(part: string, ms: number): Promise<string> {
  await sleep(ms);
  if (part === "orders") throw new Error("orders: 500");
  return part;
}

const user = load("user", 1000);
const orders = load("orders", 5);
try {
  console.log(await user, await orders); // the orders fail while the user is awaited
} catch (error) {
  console.log(`caught ${String(error)}`);
}
