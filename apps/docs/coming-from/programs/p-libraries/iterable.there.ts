import { setTimeout as wait } from "node:timers/promises";
import { pMapIterable } from "p-map";

let running = 0;

async function load(page: string): Promise<string> {
  running++;
  try {
    await wait(page === "/a" ? 10 : 400);
    if (page === "/c") throw new Error("/c: 404");
    return `${page}: loaded`;
  } finally {
    running--;
  }
}

const pages = ["/a", "/b", "/c", "/d"];
for await (const page of pMapIterable(pages, load, { concurrency: 3 })) {
  console.log(page);
  break;
}
console.log("calls that run:", running);
