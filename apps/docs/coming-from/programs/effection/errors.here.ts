import { leaves } from "@selvage/exception-group";
import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function ping(scope: CancelScope) {
  await scope.sleep(5);
  throw new Error("eu: connection refused");
}

async function cache(scope: CancelScope) {
  try {
    await scope.sleep(Infinity);
  } finally {
    await Promise.reject(new Error("cache: cannot be closed"));
  }
}

try {
  await TaskGroup.run((group) => {
    group.createTask(cache);
    group.createTask(ping);
  });
} catch (error) {
  for (const leaf of leaves(error)) console.log(String(leaf));
}
