import { asCompleted, type CancelScope } from "@selvage/task-group";

function reader(replica: string, ms: number) {
  return async (scope: CancelScope) => {
    await scope.sleep(ms);
    if (replica === "b") throw new Error("b: unreachable");
    console.log(`${replica}: read`);
    return replica;
  };
}

// Two answers are enough.
const answers: string[] = [];
for await (const task of asCompleted([
  reader("a", 1),
  reader("b", 10),
  reader("c", 30),
  reader("d", 1000),
])) {
  if (task.status === "fulfilled") answers.push(task.result());
  if (answers.length === 2) break; // the others are cancelled, and waited for
}
console.log(`quorum: ${answers.join()}`);
