import { leaves } from "@selvage/exception-group";
import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function fetchPage(page: string, scope: CancelScope) {
  try {
    await scope.sleep(page === "/b" ? 5 : 1000);
    if (page === "/b") throw new Error("/b: 404");
    console.log(`${page}: fetched`);
  } finally {
    if (page === "/c")
      await Promise.reject(new Error("/c: cannot clean up"));
  }
}

try {
  await TaskGroup.run(
    (group) => {
      for (const page of ["/a", "/b", "/c", "/d"])
        group.createTask((scope) => fetchPage(page, scope));
    },
    { limit: 3 },
  );
} catch (error) {
  for (const leaf of leaves(error)) console.log(String(leaf));
}
