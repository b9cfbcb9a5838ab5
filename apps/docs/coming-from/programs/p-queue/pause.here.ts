import { type CancelScope, Semaphore } from "@selvage/semaphore";
import { TaskGroup } from "@selvage/task-group";

async function store(record: string, scope: CancelScope) {
  await scope.sleep(10);
  console.log(`${record}: stored`);
}

const limit = new Semaphore(2);
await TaskGroup.run(
  async (group) => {
    const add = (record: string) =>
      group.createTask((scope) => store(record, scope));
    add("a");
    add("b");
    const pause = limit.acquire(group.scope, limit.permits);
    add("c"); // behind it
    using _ = await pause; // a and b have ended, and c has not begun
    console.log("the database is upgraded");
  },
  { limit },
);
