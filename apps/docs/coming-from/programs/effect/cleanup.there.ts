import { setTimeout as sleep } from "node:timers/promises";
import { Effect } from "effect";

async function upload(signal: AbortSignal) {
  try {
    await sleep(60_000, undefined, { signal });
  } finally {
    await sleep(100); // removes what was half written
    console.log("upload: cleaned up");
  }
}

const failing = Effect.delay(Effect.fail("quota exceeded"), "100 millis");
const uploading = Effect.tryPromise((signal) => upload(signal));
const exit = await Effect.runPromiseExit(
  Effect.all([failing, uploading], { concurrency: "unbounded" }),
);
console.log(`exit: ${exit._tag}`);
