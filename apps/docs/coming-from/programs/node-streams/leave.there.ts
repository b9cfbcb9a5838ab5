import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";

let running = 0;

async function price(item: string): Promise<string> {
  running++;
  try {
    await wait(item === "chair" ? 5 : 400);
    return `${item}: 10`;
  } finally {
    running--;
  }
}

const items = Readable.from(["chair", "lamp", "table", "shelf"]);
for await (const line of items.map(price, { concurrency: 4 })) {
  console.log(line);
  break;
}
console.log("calls that run:", running);
