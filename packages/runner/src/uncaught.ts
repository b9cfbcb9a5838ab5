import process from "node:process";
import { describeValue } from "@selvage/scope/internal";
import type { Listener } from "./listeners.js";

/** What happens when an error is not caught while a main runs. */
export type UncaughtPolicy = "cancel" | "crash";

/** Throws if the policy is not one of the two, or `undefined`. */
export function checkUncaught(policy: unknown): asserts policy is UncaughtPolicy | undefined {
  if (policy === undefined || policy === "cancel" || policy === "crash") return;
  const message = `The option "uncaught" must be "cancel" or "crash", got ${describeValue(policy)}.`;
  throw typeof policy === "string" ? new RangeError(message) : new TypeError(message);
}

/**
 * Makes listeners that call `onUncaught` with each uncaught exception and with the reason of each unhandled rejection. With `undefined` as policy,
 * there is no listener for an event to which the program already listens (R3).
 */
export function uncaughtListeners(
  policy: UncaughtPolicy | undefined,
  onUncaught: (error: unknown) => void,
): readonly Listener[] {
  if (policy === "crash") return [];
  return ["uncaughtException", "unhandledRejection"]
    .filter((event) => policy === "cancel" || process.listenerCount(event) === 0)
    .map((event) => ({
      event,
      listener: (error) => {
        onUncaught(error);
      },
    }));
}
