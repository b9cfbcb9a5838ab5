import { ensure, type Operation, run, sleep, spawn } from "effection";

function* load(part: string, ms: number): Operation<string> {
  yield* ensure(() => console.log(`${part}: connection given back`));
  yield* sleep(ms);
  if (part === "orders") throw new Error("orders: 500");
  return part;
}

try {
  await run(function* () {
    const user = yield* spawn(() => load("user", 1));
    const orders = yield* spawn(() => load("orders", 20));
    yield* spawn(() => load("advertisements", 60_000));
    console.log(yield* user, yield* orders);
  });
} catch (error) {
  console.log(`failed: ${String(error)}`);
}
