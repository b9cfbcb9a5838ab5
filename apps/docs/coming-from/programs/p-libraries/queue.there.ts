import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

async function send(address: string) {
  if (!address.includes("@")) throw new Error(`${address}: not an address`);
  await sleep(5);
  console.log(`${address}: sent`);
}

const queue = new PQueue({ concurrency: 2 });
queue.on("error", (error: unknown) =>
  console.log(`logged: ${String(error)}`),
);
for (const address of ["ada@example.org", "nobody", "eve@example.org"])
  void queue.add(() => send(address));
await queue.onIdle();
console.log("all done");
