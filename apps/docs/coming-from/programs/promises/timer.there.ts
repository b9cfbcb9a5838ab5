import { setTimeout as sleep } from "node:timers/promises";

async function pay() {
  await sleep(50);
  console.log("paid");
}

async function afterTimeLimit(): Promise<never> {
  await sleep(5);
  throw new Error("timed out");
}

try {
  await Promise.race([pay(), afterTimeLimit()]);
} catch (error) {
  console.log(`customer notified: not paid (${String(error)})`);
}
