import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

let running = 0;
async function print(page: string) {
  console.log(`${page}: begins, ${++running} at once`);
  await sleep(30);
  console.log(`${page}: printed`);
  running--;
}

const printer = new PQueue({ concurrency: 1 });
const pages = [
  printer.add(() => print("a"), { timeout: 10 }),
  printer.add(() => print("b")),
];
for (const { status } of await Promise.allSettled(pages))
  console.log(status);
