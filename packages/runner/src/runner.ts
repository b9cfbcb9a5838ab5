/// <reference lib="esnext.disposable" preserve="true" />
import { type CancelScope, ClosedError } from "@selvage/scope";
import { addMethod, asyncDispose, checkFunction } from "@selvage/scope/internal";
import { MainRun } from "./main-run.js";
import { checkOptions, type CheckedOptions, type RunnerOptions } from "./runner-options.js";

/**
 * Runs mains one after another, each as {@link run} does, and can be closed from outside: for a program that starts its work
 * again, for a test, for a host that embeds it.
 *
 * Each main has its own scope, and signals are counted from its start. Handlers are installed only while a main runs.
 *
 * The idea is from asyncio's `Runner`.
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
  #isClosed = false;
  #latest: MainRun<unknown> | undefined = undefined;

  constructor(options: RunnerOptions = {}) {
    this.#options = checkOptions(options);
  }

  /**
   * Runs a main as the function `run` does. It disarms the `timeout` of the main before.
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
    this.#latest = running; // before the main is called, which may close the runner at once
    return running.start(main);
  }

  /**
   * Cancels the main that runs, if any, and refuses later ones. Idempotent. It does not wait: to wait for the main, dispose of the
   * runner, or await what `run` returned. Once the main has ended, its `timeout` is disarmed: the process does not exit.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#latest?.close();
  }

  /**
   * {@link Runner.close}, then waits for the main that runs; for `await using`. It never rejects: the outcome of the main is for the
   * caller of `run`. Do not call it in the main, which would wait for itself.
   */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  static {
    addMethod(this, asyncDispose, async function () {
      this.close();
      await this.#latest?.outcome?.catch(() => {});
    });
  }
}
