import { setTimeout as sleep } from "node:timers/promises";

async function ping(region: string) {
  await sleep(5);
  throw new Error(`${region}: connection refused`);
}

try {
  await Promise.all([ping("eu"), ping("us")]);
} catch (error) {
  console.log(String(error));
}
