import { setTimeout as wait } from "node:timers/promises";
import { from, lastValueFrom, mergeMap, take } from "rxjs";

let running = 0;

async function load(page: string): Promise<string> {
  running++;
  try {
    await wait(page === "/slow" ? 400 : 10);
    return `${page}: loaded`;
  } finally {
    running--;
  }
}

const pages = from(["/a", "/slow", "/b", "/c"]);
const loaded = pages.pipe(mergeMap(load, 2), take(2));
await lastValueFrom(loaded).then(console.log);
console.log("calls that run:", running);
