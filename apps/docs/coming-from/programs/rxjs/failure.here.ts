import { type CancelScope, mapStream } from "@selvage/stream";

let running = 0;

async function price(item: string, scope: CancelScope): Promise<number> {
  running++;
  try {
    await scope.sleep(item === "lamp" ? 10 : 400);
    if (item !== "chair") throw new Error(`${item}: 404`);
    return 10;
  } finally {
    running--;
  }
}

const prices: number[] = [];
try {
  const items = ["chair", "lamp", "table"];
  for await (const each of mapStream(items, price, { limit: 3 }))
    prices.push(each);
} catch (error) {
  console.log(`${String(error)}; calls that run: ${running}`);
}
