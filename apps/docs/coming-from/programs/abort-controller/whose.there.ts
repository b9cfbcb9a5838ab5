import { setTimeout as sleep } from "node:timers/promises";

/** Waits for the advertisement, but not for long. */
async function advertisement(request: AbortSignal) {
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), 1000);
  try {
    return await sleep(60_000, "buy!", {
      signal: AbortSignal.any([request, tooLong.signal]),
    });
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError")
      return "no advertisement";
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const request = new AbortController();
setTimeout(() => request.abort(), 5); // the reader leaves
try {
  const part = await advertisement(request.signal);
  console.log(`rendering a page with ${part}`);
} catch {
  console.log("request dropped");
}
