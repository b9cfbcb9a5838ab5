import { type CancelScope, gather } from "@selvage/task-group";
import { collapse } from "@selvage/exception-group";

async function upload(part: string, ms: number, scope: CancelScope) {
  await scope.sleep(ms);
  if (part === "b") throw new Error("b: disk full");
  console.log(`${part}: written`);
}

try {
  await gather([
    (scope) => upload("a", 1, scope),
    (scope) => upload("b", 20, scope),
    (scope) => upload("c", 1000, scope),
  ]);
} catch (error) {
  console.log(`rolled back: ${String(collapse(error))}`);
}
