/**
 * Loaded into the service with `--import`, before its main module: makes some calls of its handlers faulty when the fault runs say so, and tells them
 * the size of the heap. The service itself is the one that is deployed.
 */
import { EventStore } from "../event-store.js";
import { type Answer, BLOCKED, type Command, type Fault } from "./fault.js";

/** The faults that are active. */
const faults: { readonly fault: Fault; calls: number; left: number }[] = [];

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the store as `this`
const { add } = EventStore.prototype;
EventStore.prototype.add = function (...args): Promise<void> {
  return act("accept", () => add.apply(this, args));
};
const { fetch } = globalThis;
globalThis.fetch = (...args) => act("deliver", () => fetch(...args));

process.on("message", (command: Command) => {
  if ("fault" in command) faults.push({ fault: command.fault, calls: 0, left: command.fault.times });
  else void heapUsed().then((heap) => answer({ heap }));
});
process.on("disconnect", () => process.exit(1)); // the fault runs have ended
process.channel?.unref();

function answer(message: Answer): void {
  process.send!(message);
}

/** What has ended in one turn of the event loop is garbage in the next. */
async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

/** Calls a handler, or does what a faulty one does. */
function act<T>(where: Fault["where"], handler: () => Promise<T>): Promise<T> {
  const active = faults.find(({ fault, left }) => fault.where === where && left > 0);
  if (active === undefined || ++active.calls % active.fault.every !== 0) return handler();
  active.left--;
  switch (active.fault.misdeed) {
    case "throws synchronously":
      throw new Error("an injected error");
    case "rejects":
      return Promise.reject(new Error("an injected rejection"));
    case "throws null":
      throw null; // eslint-disable-line @typescript-eslint/only-throw-error -- code that a service calls may do this
    case "leaves a rejection":
      void Promise.reject(new Error("an injected rejection that nothing awaits"));
      return handler();
    case "ignores cancellation":
      return new Promise(() => setInterval(() => {}, 60_000));
    case "blocks the event loop": {
      const end = performance.now() + BLOCKED;
      while (performance.now() < end);
      return handler();
    }
    case "forgets":
      return Promise.resolve(undefined as T);
  }
}
