import { setTimeout as sleep } from "node:timers/promises";
import { CancelScope, Mutex } from "@selvage/semaphore";

using scope = new CancelScope();
const file = new Mutex();
const permit = await file.acquire(scope);
const client = new AbortController();

const waits = file
  .acquire(client.signal)
  .catch((error: unknown) => String(error));
client.abort("the client left");
console.log(await waits);

permit.release();
await sleep(1);
console.log(file.free === 0 ? "locked for ever" : "free");
