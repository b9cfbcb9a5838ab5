import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function render(page: string, scope: CancelScope) {
  await scope.sleep(20);
  console.log(`${page}: rendered`);
  return page;
}

const pages = await TaskGroup.run(
  (group) => {
    const tasks = ["a", "b", "c"].map((page) =>
      group.createTask((scope) => render(page, scope), { name: page }),
    );
    group.cancel("the reader has left");
    return tasks;
  },
  { limit: 1 },
);
for (const page of pages) console.log(`${page.name}: ${page.status}`);
console.log("no task is running");
