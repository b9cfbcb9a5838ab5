import { afterEach } from "vitest";

// Kept from before any test installs fake timers.
const nextTurn = setImmediate;
const unhandled: unknown[] = [];

process.on("unhandledRejection", (reason) => {
  unhandled.push(reason);
});

afterEach(async () => {
  // Node reports a rejection once the microtasks have run dry, so within one turn of the event loop.
  await new Promise((resolve) => nextTurn(resolve));
  const [first, ...others] = unhandled.splice(0);
  if (first !== undefined) {
    throw new Error(`expected no unhandled rejection, got ${others.length + 1}; the first is the cause`, { cause: first });
  }
});
