import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function child(scope: CancelScope) {
  console.log("child: runs");
  await scope.checkpoint();
}

await TaskGroup.run((group) => {
  group.createTask(child);
  console.log("body: goes on");
});
