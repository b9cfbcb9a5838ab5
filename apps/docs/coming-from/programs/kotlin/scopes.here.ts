import { collapse } from "@selvage/exception-group";
import { Supervisor } from "@selvage/supervisor";
import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function render(part: string, ms: number, scope: CancelScope) {
  await scope.sleep(ms);
  if (part === "comments") throw new Error("comments: 500");
  console.log(`${part}: rendered`);
  return part;
}

try {
  await TaskGroup.run(async (group) => {
    const article = group.createTask((scope) =>
      render("article", 1000, scope),
    );
    const comments = group.createTask((scope) =>
      render("comments", 5, scope),
    );
    return [await article, await comments];
  });
} catch (error) {
  console.log(`no page: ${String(collapse(error))}`);
}

await Supervisor.run(
  (supervisor) => {
    supervisor.createTask((scope) => render("article", 1000, scope));
    supervisor.createTask((scope) => render("comments", 5, scope));
  },
  { onError: (error) => console.log(`left out: ${String(error)}`) },
);
