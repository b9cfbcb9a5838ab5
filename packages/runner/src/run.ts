import type { CancelScope } from "@selvage/scope";
import { Runner } from "./runner.js";
import type { RunnerOptions } from "./runner-options.js";

/**
 * Runs the main of a program in a scope that the first signal cancels: the last line of a program.
 *
 * Resolves with the value of the main. The process then ends when nothing keeps it alive, as always. If the main fails, its error is
 * printed with all members and causes, and the process exits with 1. A main that runs keeps the process alive.
 *
 * An uncaught exception or an unhandled rejection while the main runs cancels the scope, too, with the error as reason. When the main
 * has ended, or after `timeout` (10 s by default), all such errors are printed, and the process exits with 1, whatever the main returns.
 * See {@link RunnerOptions.uncaught}.
 *
 * **Cancellation**: the first signal cancels the scope, with the name of the signal as reason (`scope.reason.cause === "SIGINT"`). When
 * the main has unwound, the process exits with 128 + the number of the signal: 130 for `SIGINT`, 143 for `SIGTERM`. If the main returns a
 * value, `run` resolves with it, and nothing exits before `timeout`. A second signal ends the process at once. If the main cancels its own
 * scope and is interrupted by that, `run` rejects with the scope's `CancelledError`.
 *
 * The idea is from asyncio's `run` and Trio's `run`. Use a {@link Runner} for several mains one after another, or to cancel one from outside.
 *
 * @throws {TypeError | RangeError} Synchronously, if `main` is not a function or an option is wrong. @throws {InvalidStateError}
 * Synchronously, if a main is running in the process: the exit is for the whole process.
 * @example
 * ```ts
 * import { run } from "@selvage/runner";
 *
 * const answer = await run(async (scope) => {
 *   await scope.sleep(5); // rejects at the first Ctrl-C
 *   return 42;
 * });
 * console.assert(answer === 42);
 * ```
 */
export function run<T>(main: (scope: CancelScope) => T | PromiseLike<T>, options?: RunnerOptions): Promise<T> {
  return new Runner(options).run(main);
}
