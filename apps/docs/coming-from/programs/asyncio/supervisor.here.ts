import { type CancelScope, Supervisor } from "@selvage/supervisor";

async function clockwork(scope: CancelScope) {
  for (let n = 1; n <= 3; n++) await scope.sleep(1);
  throw new Error("the spring broke");
}

const supervisor = new Supervisor({
  onError: (error, task) =>
    console.log(`${task.name} failed: ${String(error)}`),
});
const clock = supervisor.createTask(clockwork, { name: "clock" });
supervisor.createTask((scope) => scope.sleep(60_000), { name: "server" });

await Promise.allSettled([clock]); // the failure did not affect the server:
for (const { name, status } of supervisor.tasks) console.log(name, status);
const report = await supervisor.shutdown({ timeout: 1000 });
console.log("cancelled:", report.cancelled, "stuck:", report.abandoned);
