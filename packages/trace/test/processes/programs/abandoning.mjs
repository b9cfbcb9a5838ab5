/* global setInterval */
// At SIGUSR2 it shuts down, and abandons a task that ignores that.
import process from "node:process";
import { Supervisor } from "@selvage/supervisor";

const supervisor = new Supervisor({ name: "requests", onError: () => {} });
supervisor.createTask(() => new Promise(() => {}), { name: "checkout" });
process.on("SIGUSR2", () => {
  void supervisor.shutdown({ grace: 0, timeout: 1 }).then(() => console.log("abandoned"));
});
setInterval(() => {}, 1_000_000);
console.log(`ready ${process.pid}`);
