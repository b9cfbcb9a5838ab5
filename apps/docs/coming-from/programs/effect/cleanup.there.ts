import { setTimeout as sleep } from "node:timers/promises";
import { Effect } from "effect";

async function upload(signal: AbortSignal) {
  try {
    await sleep(60_000, undefined, { signal });
  } finally {
    await sleep(500); // removes the partial upload
    console.log("upload: cleaned up");
  }
}

const failing = Effect.delay(Effect.fail("quota exceeded"), "5 millis");
const uploading = Effect.tryPromise((signal) => upload(signal));
const exit = await Effect.runPromiseExit(
  Effect.all([uploading, failing], { concurrency: "unbounded" }),
);
console.log(`exit: ${exit._tag}`);
