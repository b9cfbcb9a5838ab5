import { type CancelScope, mapStream } from "@selvage/stream";

let running = 0;

async function load(page: string, scope: CancelScope): Promise<string> {
  running++;
  try {
    await scope.sleep(page === "/slow" ? 400 : 10);
    return `${page}: loaded`;
  } finally {
    running--;
  }
}

let count = 0;
const pages = ["/a", "/slow", "/b", "/c"];
for await (const page of mapStream(pages, load, { limit: 2 })) {
  if (++count < 2) continue;
  console.log(page);
  break;
}
console.log("calls that run:", running);
