import { type CancelScope, mapStream } from "@selvage/stream";

let running = 0;

async function load(page: string, scope: CancelScope): Promise<string> {
  running++;
  try {
    await scope.sleep(page === "/a" ? 10 : 400);
    if (page === "/c") throw new Error("/c: 404");
    return `${page}: loaded`;
  } finally {
    running--;
  }
}

const pages = ["/a", "/b", "/c", "/d"];
for await (const page of mapStream(pages, load, {
  limit: 3,
  ordered: true,
})) {
  console.log(page);
  break;
}
console.log("calls that run:", running);
