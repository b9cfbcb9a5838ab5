import { setTimeout as sleep } from "node:timers/promises";
import { leaves } from "@selvage/exception-group";
import { gather } from "@selvage/task-group";

async function load(part: string, ms: number, signal: AbortSignal) {
  try {
    await sleep(ms, undefined, { signal });
    if (part === "orders") throw new Error("orders: 500");
    return part;
  } finally {
    if (part === "user")
      await Promise.reject(new Error("user: cannot be closed"));
  }
}

try {
  console.log(
    await gather([
      ({ signal }) => load("orders", 5, signal),
      ({ signal }) => load("user", 1000, signal),
    ]),
  );
} catch (error) {
  for (const leaf of leaves(error)) console.log(String(leaf));
}
