import { constants } from "node:os";
import process from "node:process";
import { describeValue } from "@selvage/scope/lowlevel";

/** The name of a signal, as `process.on` takes it: `"SIGINT"`. */
export type SignalName = `SIG${string}`;

/** No process is told of these: the system acts on them by itself. */
const unhandleable: ReadonlySet<string> = new Set(["SIGKILL", "SIGSTOP"]);

/** The signals given, each once; throws where one is unknown here, or cannot be handled. */
export function checkSignals(signals: unknown): readonly SignalName[] {
  if (!Array.isArray(signals)) {
    throw new TypeError(`The option "signals" must be an array of names of signals, got ${describeValue(signals)}.`);
  }
  for (const signal of signals as unknown[]) {
    if (typeof signal !== "string") {
      throw new TypeError(`The option "signals" must name signals, such as "SIGINT", got ${describeValue(signal)}.`);
    }
    if (!Object.hasOwn(constants.signals, signal)) {
      throw new RangeError(
        `There is no signal ${describeValue(signal)} on this system: name one as "SIGINT" is named.`,
      );
    }
    if (unhandleable.has(signal)) {
      throw new RangeError(`${signal} cannot be handled: it ends or stops a process unasked. Leave it out.`);
    }
  }
  return [...new Set(signals as SignalName[])];
}

/** What a process exits with that a signal has ended: 128 and the signal's number. */
export function exitCodeOf(signal: SignalName): number {
  return 128 + constants.signals[signal as NodeJS.Signals];
}

/** Calls `onSignal` for every signal that arrives, until the function returned is called. */
export function listen(signals: readonly SignalName[], onSignal: (signal: SignalName) => void): () => void {
  const listeners = signals.map((signal) => ({ signal: signal as NodeJS.Signals, listener: () => onSignal(signal) }));
  const stop = (): void => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
  try {
    for (const { signal, listener } of listeners) process.on(signal, listener);
  } catch (error) {
    stop(); // a signal that this platform refuses, after some that it took
    throw error;
  }
  return stop;
}
