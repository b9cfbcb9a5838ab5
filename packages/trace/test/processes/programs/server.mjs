/* global setInterval, setTimeout */
// A server with two requests, one of which waits for a connection of the pool. At SIGUSR2 it shuts down, and one of its tasks ignores that.
import process from "node:process";
import { Semaphore } from "@selvage/semaphore";
import { Supervisor } from "@selvage/supervisor";

const pool = new Semaphore(1, { name: "pool" });
const supervisor = new Supervisor({ name: "requests", onError: () => {} });
supervisor.createTask(
  async function checkout(scope) {
    await pool.acquire(scope);
    await new Promise(() => {}); // ignores its scope
  },
  { name: "checkout" },
);
supervisor.createTask((scope) => pool.acquire(scope).then(() => {}), { name: "search" });
process.on("SIGUSR2", () => {
  void supervisor.shutdown({ grace: 0 });
  setTimeout(() => console.log("shutting down"), 50);
});
setInterval(() => {}, 1_000_000);
console.log(`ready ${process.pid}`);
