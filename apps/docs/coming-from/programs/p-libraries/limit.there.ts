import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";

async function render(page: string) {
  await sleep(20);
  console.log(`${page}: rendered`);
  return page;
}

const limit = pLimit(1);
const pages = ["a", "b", "c"].map((page) => limit(render, page));
limit.clearQueue(); // the reader has left
await Promise.allSettled(pages);
console.log("no task is running");
