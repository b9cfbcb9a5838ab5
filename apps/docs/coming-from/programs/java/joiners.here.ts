import { collapse } from "@selvage/exception-group";
import { any, type CancelScope, gather } from "@selvage/task-group";

function find(what: string, ms: number) {
  return async (scope: CancelScope) => {
    await scope.sleep(ms);
    if (what === "order") throw new Error("order: none found");
    return what;
  };
}

try {
  const [user, order] = await gather([
    find("user", 1000),
    find("order", 5),
  ]);
  console.log(user, order);
} catch (error) {
  console.log(String(collapse(error)));
}
console.log(
  await any([
    find("order", 5),
    find("cached order", 20),
    find("archived order", 60_000),
  ]),
);
