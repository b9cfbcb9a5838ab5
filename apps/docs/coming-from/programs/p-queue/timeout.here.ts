import { type CancelScope, Mutex } from "@selvage/semaphore";
import { TaskGroup } from "@selvage/task-group";
import { moveOnAfter } from "@selvage/timeout";

let running = 0;
async function print(page: string, scope: CancelScope) {
  console.log(`${page}: begins, ${++running} at once`);
  try {
    await scope.sleep(30);
    console.log(`${page}: printed`);
  } finally {
    running--;
  }
}

const printer = new Mutex();
await TaskGroup.run(
  (group) => {
    group.createTask((parent) =>
      moveOnAfter(10, ({ scope }) => print("a", scope), { parent }),
    );
    group.createTask((scope) => print("b", scope));
  },
  { limit: printer },
);
