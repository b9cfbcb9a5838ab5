import { afterEach, beforeEach } from "vitest";

// Kept from before any test installs fake timers.
const nextTurn = setImmediate;
let unhandled: unknown[] = [];

function note(reason: unknown): void {
  unhandled.push(reason);
}

// Listens only while a test runs: vitest reports what happens in between, but only where nobody else listens.
beforeEach(() => {
  unhandled = [];
  process.on("unhandledRejection", note);
});

afterEach(async () => {
  // Node reports a rejection once the microtasks have run dry, so within one turn of the event loop.
  await new Promise((resolve) => nextTurn(resolve));
  process.off("unhandledRejection", note);
  if (unhandled.length > 0) {
    throw new Error(`expected no unhandled rejection, got ${unhandled.length}; the first is the cause`, {
      cause: unhandled[0],
    });
  }
});
