import process from "node:process";

/** A listener of an event of the process. */
export interface Listener {
  readonly event: string;
  readonly listener: (argument: unknown) => void;
}

const emitter: NodeJS.EventEmitter = process;

/** Adds all listeners. If `process.on` throws for one of them, none is added, and its error is thrown. */
export function addListeners(listeners: readonly Listener[]): void {
  try {
    for (const { event, listener } of listeners) emitter.on(event, listener);
  } catch (error) {
    removeListeners(listeners); // this platform does not accept one of the signals
    throw error;
  }
}

/** Removes listeners. Those that were removed before are ignored. */
export function removeListeners(listeners: readonly Listener[]): void {
  for (const { event, listener } of listeners) emitter.off(event, listener);
}
