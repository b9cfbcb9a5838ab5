import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

async function store(record: string) {
  await sleep(10);
  console.log(`${record}: stored`);
}

const queue = new PQueue({ concurrency: 2 });
for (const record of ["a", "b", "c"]) void queue.add(() => store(record));
queue.pause();
await queue.onPendingZero();
console.log("the database is upgraded");
queue.start();
await queue.onIdle();
