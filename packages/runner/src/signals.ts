import { constants } from "node:os";
import { describeValue } from "@selvage/scope/internal";
import type { Listener } from "./listeners.js";

/** The name of a signal, as `process.on` takes it: `"SIGINT"`. */
export type SignalName = `SIG${string}`;

/** The signals that a process cannot handle, because the system handles them itself. */
const unhandleable: ReadonlySet<string> = new Set(["SIGKILL", "SIGSTOP"]);

/** Checks the signals, and returns each once. Throws if one is unknown on this system, or cannot be handled. */
export function checkSignals(signals: unknown): readonly SignalName[] {
  if (!Array.isArray(signals)) {
    throw new TypeError(`The option "signals" must be an array of names of signals, got ${describeValue(signals)}.`);
  }
  for (const signal of signals as unknown[]) {
    if (typeof signal !== "string") {
      throw new TypeError(`The option "signals" must name signals, such as "SIGINT", got ${describeValue(signal)}.`);
    }
    if (!Object.hasOwn(constants.signals, signal)) {
      throw new RangeError(`There is no signal ${describeValue(signal)} on this system: use a name such as "SIGINT".`);
    }
    if (unhandleable.has(signal)) {
      throw new RangeError(`${signal} cannot be handled: the system ends or stops the process itself. Leave it out.`);
    }
  }
  return [...new Set(signals as SignalName[])];
}

/** Returns the exit code of a process that was ended by a signal: 128 + the number of the signal. */
export function exitCodeOf(signal: SignalName): number {
  return 128 + constants.signals[signal as NodeJS.Signals];
}

/** Makes listeners that call `onSignal` with the name of each signal that arrives. */
export function signalListeners(
  signals: readonly SignalName[],
  onSignal: (signal: SignalName) => void,
): readonly Listener[] {
  return signals.map((signal) => ({
    event: signal,
    listener: () => {
      onSignal(signal);
    },
  }));
}
