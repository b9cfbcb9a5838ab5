/* global setInterval */
// 100,000 tasks, and a root for each of 10,000 requests.
import process from "node:process";
import { CancelScope } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";

void TaskGroup.run(
  (group) => {
    for (let task = 0; task < 100_000; task++)
      group.createTask((scope) => scope.sleep(Infinity), { name: `task ${task}` });
  },
  { name: "crowd" },
);
const requests = [];
for (let request = 0; request < 10_000; request++) requests.push(new CancelScope({ name: `request ${request}` }));
setInterval(() => requests.length, 1_000_000);
console.log(`ready ${process.pid}`);
