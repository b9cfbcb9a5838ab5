import { TaskGroup } from "@selvage/task-group";

await TaskGroup.run((group) => {
  group.createTask(async (scope) => {
    await scope.sleep(5);
    console.log("mail sent");
  });
  console.log("body: done");
});
console.log("left");
