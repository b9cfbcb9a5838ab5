import { Readable } from "node:stream";
import { type CancelScope, mapStream } from "@selvage/stream";

async function price(item: string, scope: CancelScope): Promise<string> {
  await scope.sleep(item === "lamp" ? 5 : 1_000);
  if (item !== "chair") throw new Error(`${item}: 404`);
  return `${item}: 10`;
}

const start = performance.now();
try {
  const items = Readable.from(["chair", "lamp", "table", "shelf"]);
  for await (const line of mapStream(items, price, { limit: 4 }))
    console.log(line);
} catch (error) {
  console.log(String(error));
}
console.log("reported at once:", performance.now() - start < 500);
