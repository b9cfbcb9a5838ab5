import { type CancelScope, mapStream } from "@selvage/stream";

async function* pages(scope: CancelScope) {
  try {
    for (let page = 1; ; page++) {
      await scope.checkpoint();
      yield page;
    }
  } finally {
    console.log("the source is closed");
  }
}

let count = 0;
const options = { limit: 2, buffer: 2, ordered: true };
for await (const text of mapStream(
  pages,
  (page) => `page ${page}`,
  options,
)) {
  console.log(text);
  if (++count === 3) break;
}
