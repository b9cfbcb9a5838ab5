import { setTimeout as sleep } from "node:timers/promises";
import { leaves } from "@selvage/exception-group";
import { type CancelScope, gather } from "@selvage/task-group";

async function ping(region: string): Promise<never> {
  await sleep(5);
  throw new Error(`${region}: connection refused`);
}

async function cache(scope: CancelScope) {
  try {
    await scope.sleep(Infinity);
  } finally {
    await Promise.reject(new Error("cache: cannot be closed"));
  }
}

async function show(
  tasks: readonly ((scope: CancelScope) => Promise<void>)[],
) {
  try {
    await gather(tasks);
  } catch (error) {
    console.log([...leaves(error)].map(String).join(" & "));
  }
}

await show([() => ping("eu"), () => ping("us")]);
await show([cache, () => ping("eu")]);
