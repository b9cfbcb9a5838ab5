import { type CancelScope, timeout } from "@selvage/timeout";

async function pay(scope: CancelScope) {
  await scope.sleep(50);
  console.log("paid");
}

try {
  await timeout(5, ({ scope }) => pay(scope));
} catch (error) {
  console.log(`customer notified: not paid (${String(error)})`);
}
