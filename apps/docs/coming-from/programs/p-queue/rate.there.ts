import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

let sent = 0;
const mails = new PQueue({ interval: 300, intervalCap: 2 });
for (let count = 0; count < 5; count++) void mails.add(() => sent++);
await sleep(75);
console.log(`${sent} at once`);
await sleep(150);
console.log(`${sent} in the first interval`);
await mails.onIdle();
console.log(`${sent} in all`);
