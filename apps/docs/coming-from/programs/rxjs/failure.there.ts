import { setTimeout as wait } from "node:timers/promises";
import { from, lastValueFrom, mergeMap, toArray } from "rxjs";

let running = 0;

async function price(item: string): Promise<number> {
  running++;
  try {
    await wait(item === "lamp" ? 10 : 400);
    if (item !== "chair") throw new Error(`${item}: 404`);
    return 10;
  } finally {
    running--;
  }
}

const prices = from(["chair", "lamp", "table"]).pipe(
  mergeMap(price),
  toArray(),
);
await lastValueFrom(prices).catch((error: unknown) => {
  console.log(`${String(error)}; calls that run: ${running}`);
});
