import { CancelScope } from "@selvage/scope";
import { moveOnAfter } from "@selvage/timeout";

async function query(scope: CancelScope) {
  try {
    await scope.sleep(60_000);
    return "42 rows";
  } finally {
    await CancelScope.run(
      async (cleanup) => {
        await cleanup.sleep(1);
        console.log("connection returned");
      },
      { parent: scope, shield: true },
    );
  }
}

console.log(
  (await moveOnAfter(10, ({ scope }) => query(scope))) ?? "no answer",
);
