/** Shuts down on a SIGTERM that it sends to itself. Only the supervisor keeps the process alive meanwhile. */
import { Supervisor } from "@selvage/supervisor";

const supervisor = new Supervisor({ name: "service" });
supervisor.createTask((scope) => scope.sleep(60_000), { name: "polite" });
supervisor.createTask(() => new Promise(() => {}), { name: "stubborn" });
supervisor.createTask(() => Promise.reject(new Error("boom")), { name: "broken" });

process.once("SIGTERM", () => {
  void supervisor.shutdown({ grace: 20, timeout: 60 }).then(({ elapsed, ...report }) => {
    // Timers may be a millisecond early.
    console.log(JSON.stringify({ ...report, inTime: elapsed > 58 && elapsed < 10_000 }));
  });
});
setImmediate(() => process.kill(process.pid, "SIGTERM"));
