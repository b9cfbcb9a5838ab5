import { setTimeout as sleep } from "node:timers/promises";
import { leaves } from "@selvage/exception-group";
import { gather } from "@selvage/task-group";

async function ping(region: string) {
  await sleep(5);
  throw new Error(`${region}: connection refused`);
}

try {
  await gather([() => ping("eu"), () => ping("us")]);
} catch (error) {
  for (const leaf of leaves(error)) console.log(String(leaf));
}
