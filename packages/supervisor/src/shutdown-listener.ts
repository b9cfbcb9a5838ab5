/// <reference lib="esnext.disposable" preserve="true" />
import { addMethod, dispose, reportUncaught } from "@selvage/scope/internal";

/** Someone who wants to know that a shutdown begins, and the handle to it. */
export class ShutdownListener implements Disposable {
  readonly #fn: (reason: unknown) => void;
  readonly #listeners: Set<ShutdownListener>;

  constructor(fn: (reason: unknown) => void, listeners: Set<ShutdownListener>) {
    this.#fn = fn;
    this.#listeners = listeners;
  }

  tell(reason: unknown): void {
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
