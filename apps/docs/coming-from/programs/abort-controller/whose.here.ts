import { setTimeout as sleep } from "node:timers/promises";
import { CancelScope, moveOnAfter } from "@selvage/timeout";

/** Waits for the advertisement, but not for long. */
async function advertisement(request: CancelScope) {
  const text = await moveOnAfter(
    1000,
    ({ signal }) => sleep(60_000, "buy!", { signal }),
    { parent: request },
  );
  return text ?? "no advertisement";
}

const request = new CancelScope({ name: "request" });
setTimeout(() => request.cancel("the reader leaves"), 5);
await request.run(async () => {
  const part = await advertisement(request);
  console.log(`rendering a page with ${part}`);
});
if (request.cancelledCaught) console.log("request dropped");
