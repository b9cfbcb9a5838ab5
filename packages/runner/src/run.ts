import type { CancelScope } from "@selvage/scope";
import { Runner } from "./runner.js";
import type { RunnerOptions } from "./runner-options.js";

/**
 * Runs the main function of a program in a scope that the first signal cancels. It is the last call of a program.
 *
 * The call resolves with the value of the main. The process then ends as usual, when nothing keeps it alive. If the main fails, its error is printed
 * with all members and causes, and the process exits with 1. A running main keeps the process alive.
 *
 * An uncaught exception or an unhandled rejection while the main runs also cancels the scope, with the error as reason. When the main has ended, or
 * after `timeout` (10 s by default), all such errors are printed, and the process exits with 1, whatever the main returns. See
 * {@link RunnerOptions.uncaught}.
 *
 * **Cancellation**: the first signal cancels the scope, with the name of the signal as reason (`scope.reason.cause === "SIGINT"`). When the main
 * has unwound, the process exits with 128 + the number of the signal: 130 for `SIGINT`, 143 for `SIGTERM`. If the main returns a value, `run`
 * resolves with it, and the process does not exit before `timeout`. A second signal ends the process at once. If the main cancels its own scope and
 * is interrupted by that, `run` rejects with the scope's `CancelledError`.
 *
 * Compare asyncio's `run` and Trio's `run`. Use a {@link Runner} to run several mains one after another, or to cancel a main from outside.
 *
 * @throws {TypeError | RangeError} Synchronously, if `main` is not a function or an option is wrong.
 * @throws {InvalidStateError} Synchronously, if another main is running in the process, because an exit ends the whole process.
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
