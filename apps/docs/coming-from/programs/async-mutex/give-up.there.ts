import { setTimeout as sleep } from "node:timers/promises";
import { Mutex } from "async-mutex";

const file = new Mutex();
const release = await file.acquire();
const client = new AbortController();
const left = new Promise((resolve) =>
  client.signal.addEventListener("abort", () => resolve("the client left")),
);

const waits = Promise.race([file.acquire(), left]);
client.abort();
console.log(await waits);

release();
await sleep(1);
console.log(file.isLocked() ? "locked for ever" : "free");
