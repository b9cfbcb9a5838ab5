import type { CancelScope } from "@selvage/scope";
import { Runner } from "./runner.js";
import type { RunnerOptions } from "./runner-options.js";

/**
 * Runs a program's main, with a scope that is cancelled by the first signal: the one line at the bottom of a program.
 *
 * Resolves with the main's value; the process then ends when nothing keeps it alive any more, as always. If the main fails, its error
 * is printed, with all members and causes, and the process exits with 1. While the main runs it keeps the process alive.
 *
 * **Cancellation**: the first signal cancels the scope, with the signal's name as reason (`scope.reason.cause === "SIGINT"`). Once the
 * main has unwound, the process exits with 128 and the signal's number: 130 for `SIGINT`, 143 for `SIGTERM`. A main that returns a
 * value all the same keeps it, and nothing exits. A second signal ends the process at once. Where the main cancels its own scope, and is
 * cut by that, `run` rejects with the scope's `CancelledError`.
 *
 * Kin: asyncio's `run`, Trio's `run`. Use a {@link Runner} for several mains one after another, or to cancel one from outside.
 *
 * @throws {TypeError | RangeError} Synchronously, where `main` is no function or an option is wrong. @throws {InvalidStateError}
 * Synchronously, where a main is running in the process already: the exit is the whole process's.
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
