import { setTimeout as sleep } from "node:timers/promises";
import { run, spawn, until, useAbortSignal } from "effection";

async function upload(signal: AbortSignal) {
  try {
    await sleep(60_000, undefined, { signal });
  } finally {
    await sleep(500); // removes the partial upload
    console.log("upload: cleaned up");
  }
}

try {
  await run(function* () {
    yield* spawn(function* () {
      const signal = yield* useAbortSignal();
      yield* until(upload(signal));
    });
    yield* until(sleep(5));
    throw new Error("quota exceeded");
  });
} catch (error) {
  console.log(`failed: ${String(error)}`);
}
