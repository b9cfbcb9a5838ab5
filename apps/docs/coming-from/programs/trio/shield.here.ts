import { CancelScope, now } from "@selvage/scope";

async function session(scope: CancelScope) {
  try {
    await scope.sleep(60_000);
  } finally {
    const options = { parent: scope, shield: true, deadline: now() + 1000 };
    await CancelScope.run(async (cleanup) => {
      await cleanup.sleep(1); // says goodbye
      console.log("said goodbye");
    }, options);
  }
}

const limit = new CancelScope({ deadline: now() + 10 });
await limit.run(session);
console.log(`cancelled: ${limit.cancelledCaught}`);
