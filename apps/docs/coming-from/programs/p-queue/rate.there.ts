import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

let sent = 0;
const mails = new PQueue({ interval: 1_000, intervalCap: 2 });
for (let count = 0; count < 5; count++) void mails.add(() => sent++);
await sleep(200);
console.log(`${sent} at once`);
await sleep(550);
console.log(`${sent} in the first interval`);
await mails.onIdle();
console.log(`${sent} in all`);
