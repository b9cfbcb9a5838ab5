import process from "node:process";

/** A listener of an event of the process. */
export interface Listener {
  readonly event: string;
  readonly listener: (argument: unknown) => void;
}

const emitter: NodeJS.EventEmitter = process;

/** Adds all listeners, or none if one of them is refused: then it throws what `process.on` threw. */
export function addListeners(listeners: readonly Listener[]): void {
  try {
    for (const { event, listener } of listeners) emitter.on(event, listener);
  } catch (error) {
    removeListeners(listeners); // a signal that this platform refuses, after others that it accepted
    throw error;
  }
}

/** Removes listeners. Does nothing for those that were removed before. */
export function removeListeners(listeners: readonly Listener[]): void {
  for (const { event, listener } of listeners) emitter.off(event, listener);
}
