/// <reference lib="esnext.disposable" preserve="true" />
import { addMethod, dispose, reportUncaught } from "@selvage/scope/internal";

/** A listener of `onShutdown`, and its handle. */
export class ShutdownListener implements Disposable {
  readonly #fn: (reason: unknown) => void;
  /** The set that contains it, until a shutdown begins. */
  readonly #listeners: Set<ShutdownListener>;

  constructor(fn: (reason: unknown) => void, listeners: Set<ShutdownListener>) {
    this.#fn = fn;
    this.#listeners = listeners;
  }

  /** Calls the listener. An error that it throws is reported as uncaught. */
  notify(reason: unknown): void {
    try {
      this.#fn.call(undefined, reason);
    } catch (error) {
      reportUncaught(error);
    }
  }

  declare readonly [Symbol.dispose]: () => void;

  static {
    addMethod(this, dispose, function () {
      this.#listeners.delete(this);
    });
  }
}
