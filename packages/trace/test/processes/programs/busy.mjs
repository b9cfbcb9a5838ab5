/* global setImmediate */
// Starts and ends tasks without pause, one of them with a name that could control a terminal.
import { TaskGroup } from "@selvage/task-group";

console.log("ready");
for (;;) {
  await TaskGroup.run(
    (group) => {
      for (let task = 0; task < 100; task++) {
        group.createTask((scope) => scope.checkpoint(), { name: `load\u001b[31m ${task}` });
      }
    },
    { name: "load" },
  );
  await new Promise((resolve) => setImmediate(resolve));
}
