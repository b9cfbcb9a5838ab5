/// <reference lib="esnext.disposable" preserve="true" />
import { type CancelScope, ClosedError } from "@selvage/scope";
import { addMethod, asyncDispose, checkFunction } from "@selvage/scope/internal";
import { MainRun } from "./main-run.js";
import { checkOptions, type CheckedOptions, type RunnerOptions } from "./runner-options.js";

/**
 * Runs several mains one after another, each as {@link run} does, and can be closed from outside. Use it for a program that starts its work again,
 * for a test, or for a host that embeds the program.
 *
 * Each main has its own scope, and signals are counted from its start. Handlers are installed only while a main runs.
 *
 * Compare asyncio's `Runner`.
 *
 * @throws {TypeError | RangeError} If an option is of the wrong type, or a signal is unknown or cannot be handled.
 * @example
 * ```ts
 * import { Runner } from "@selvage/runner";
 *
 * await using runner = new Runner({ signals: ["SIGTERM"] });
 * const first = await runner.run(() => "one");
 * const second = await runner.run(() => "two");
 * console.assert(first === "one" && second === "two");
 * ```
 */
export class Runner implements AsyncDisposable {
  readonly #options: CheckedOptions;
  /** Whether `close` was called. */
  #isClosed = false;
  /** The latest run; `undefined` until the first. */
  #latest: MainRun<unknown> | undefined = undefined;

  constructor(options: RunnerOptions = {}) {
    this.#options = checkOptions(options);
  }

  /**
   * Runs a main as the function `run` does. It disarms the `timeout` of the previous main.
   *
   * **Cancellation**: as in `run`. If {@link Runner.close} interrupts the main, it rejects with the `CancelledError` of the main's
   * scope, which is never an unhandled rejection.
   *
   * @throws {TypeError} Synchronously, if `main` is not a function. @throws {ClosedError} Synchronously, once the runner is closed.
   * @throws {InvalidStateError} Synchronously, if a main is running in the process.
   */
  run<T>(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    checkFunction(main, "The main");
    if (this.#isClosed) throw new ClosedError("This runner is closed: make a new one.");
    const running = new MainRun<T>(this.#options);
    this.#latest = running; // before the main is called, because the main may close the runner
    return running.start(main);
  }

  /**
   * Cancels the running main, if there is one. Later calls of `run` throw. The call is idempotent, and does not wait. To wait for the main, dispose
   * of the runner, or await the promise of `run`. Once the main has ended, its `timeout` is disarmed, so the process does not exit.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#latest?.close();
  }

  /**
   * Calls {@link Runner.close} and waits for the running main. It is for `await using`. It never rejects, because the caller of `run` receives the
   * outcome of the main. Do not call it in the main, because the main would wait for itself.
   */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  static {
    addMethod(this, asyncDispose, async function () {
      this.close();
      await this.#latest?.outcome?.catch(() => {});
    });
  }
}
