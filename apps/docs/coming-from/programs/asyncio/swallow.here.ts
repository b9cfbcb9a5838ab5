import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function stubborn(scope: CancelScope) {
  try {
    await scope.sleep(60_000);
  } catch {
    console.log("cancelled, and swallowed");
  }
  await scope.sleep(10); // still cancelled: rejects at once
  console.log("went on as if nothing had happened");
}

await TaskGroup.run(async (group) => {
  const task = group.createTask(stubborn);
  await group.scope.sleep(1);
  task.cancel();
  await group.join();
  console.log(`cancelled: ${task.status === "cancelled"}`);
});
