/** Drains on a SIGTERM that it sends to itself. Only the supervisor keeps the process alive. */
import { Supervisor } from "@selvage/supervisor";

const controller = new AbortController();
process.once("SIGTERM", () => controller.abort("SIGTERM"));
setImmediate(() => process.kill(process.pid, "SIGTERM"));

await Supervisor.run(
  async (supervisor) => {
    supervisor.onShutdown(() => console.log("no more requests"));
    supervisor.createTask(
      async (scope) => {
        await scope.sleep(60_000).catch(() => {});
        console.log("pool closed");
      },
      { stage: 1 },
    );
    supervisor.createTask(async (scope) => {
      await scope.sleep(100);
      console.log("request done");
    });
    supervisor.createTask((scope) => {
      scope.onCancel(() => console.log("slow request cancelled"));
      return scope.sleep(60_000);
    });
    await supervisor.scope.sleep(Infinity);
  },
  { parent: controller.signal, drain: { grace: 300 } },
);
console.log("left");
