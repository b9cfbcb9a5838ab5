import { setTimeout as sleep } from "node:timers/promises";
import { type CancelScope, gather } from "@selvage/task-group";
import { collapse } from "@selvage/exception-group";

async function upload(signal: AbortSignal) {
  try {
    await sleep(60_000, undefined, { signal });
  } finally {
    await sleep(500); // removes the partial upload
    console.log("upload: cleaned up");
  }
}

async function failing(scope: CancelScope): Promise<never> {
  await scope.sleep(5);
  throw new Error("quota exceeded");
}

try {
  await gather([({ signal }) => upload(signal), failing]);
} catch (error) {
  console.log(`failed: ${String(collapse(error))}`);
}
