/* global setInterval, URL */
// A worker thread in which `--import` loads `register`, too.
import { isMainThread, Worker } from "node:worker_threads";
import { CancelScope } from "@selvage/scope";
import { socket } from "@selvage/trace/register";

if (isMainThread) {
  new CancelScope({ name: "main" });
  new Worker(new URL(import.meta.url)).on("message", (text) => console.log(`ready ${text}`));
  setInterval(() => {}, 1_000_000);
} else {
  const { parentPort } = await import("node:worker_threads");
  parentPort.postMessage(String(socket));
}
