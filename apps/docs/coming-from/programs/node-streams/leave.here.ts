import { Readable } from "node:stream";
import { type CancelScope, mapStream } from "@selvage/stream";

let running = 0;

async function price(item: string, scope: CancelScope): Promise<string> {
  running++;
  try {
    await scope.sleep(item === "chair" ? 5 : 400);
    return `${item}: 10`;
  } finally {
    running--;
  }
}

const items = Readable.from(["chair", "lamp", "table", "shelf"]);
for await (const line of mapStream(items, price, { limit: 4 })) {
  console.log(line);
  break;
}
console.log("calls that run:", running);
