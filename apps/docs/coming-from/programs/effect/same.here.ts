import { type CancelScope, gather } from "@selvage/task-group";
import { moveOnAfter } from "@selvage/timeout";

function query(name: string, ms: number) {
  return async (scope: CancelScope) => {
    console.log(`${name}: connected`);
    try {
      await scope.sleep(ms);
      return `${name}: 3 rows`;
    } finally {
      console.log(`${name}: released`);
    }
  };
}

const rows = await moveOnAfter(1000, ({ scope }) =>
  gather([query("users", 5), query("orders", 60_000)], {
    limit: 2,
    parent: scope,
  }),
);
console.log(rows ?? ["too slow"]);
