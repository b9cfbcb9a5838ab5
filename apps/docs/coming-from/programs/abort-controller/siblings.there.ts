import { setTimeout as sleep } from "node:timers/promises";

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

const controller = new AbortController();
const { signal } = controller;
const parts = [load("orders", 5, signal), load("user", 1000, signal)];
try {
  console.log(await Promise.all(parts));
} catch (error) {
  controller.abort(error); // otherwise the user is loaded in vain
  await Promise.allSettled(parts); // otherwise the cleanup is not waited for
  console.log(String(error));
}
