import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

const order: string[] = [];
async function render(page: string) {
  order.push(page);
  await sleep(5);
}

const queue = new PQueue({ concurrency: 2 });
for (const page of ["crawler 1", "crawler 2", "crawler 3"])
  void queue.add(() => render(page), { priority: 0 });
void queue.add(() => render("user"), { priority: 1 });
await queue.onIdle();
console.log(order.join(", "));
