import process from "node:process";
import { CancelScope, ExceptionGroup, format, InvalidStateError } from "@selvage/scope";
import { describeTree, recordCreationSites } from "@selvage/scope/debug";
import { abandon, dispose } from "@selvage/scope/lowlevel";
import { exit } from "./exit.js";
import type { CheckedOptions } from "./runner-options.js";
import { exitCodeOf, listen, type SignalName } from "./signals.js";

/** The exit is the whole process's: of two mains, the first to exit would cut the other's cleanup short. */
let current: MainRun<unknown> | undefined;

/** An error as it is printed on standard error, in colour where that is a terminal. */
function print(error: unknown): string {
  return format(error, { color: process.stderr.isTTY && !process.env["NO_COLOR"] });
}

/**
 * One main, from its call to what comes of it (R1).
 *
 * ```
 * state      a signal comes                   the main returns   is cut                                   fails
 * running    its scope is cancelled           its value          rejects with its scope's CancelledError  printed, exit 1
 * signalled  exit 128 + n, at once            its value          exit 128 + n of the first signal         printed, exit 1
 * ended      whatever the system does by default
 * ```
 */
export class MainRun<T> {
  /** The root of all that the main does. */
  readonly scope: CancelScope;
  /** What comes of it, once it has been called; never settles where that is the end of the process. */
  outcome: Promise<T> | undefined = undefined;
  readonly #options: CheckedOptions;
  readonly #stopListening: () => void;
  readonly #recording: Disposable | undefined;
  /** At its deadline, what is left is printed (R2). */
  readonly #alarm: CancelScope = new CancelScope({ parent: null });
  /** Neither a promise nor a handled signal keeps a process alive, which would then end before its main has. */
  readonly #vigil: CancelScope = new CancelScope({ parent: null });
  #signal: SignalName | undefined = undefined;
  #isClosed = false;

  constructor(options: CheckedOptions) {
    if (current !== undefined) {
      throw new InvalidStateError(
        "A main is running in this process already: await it first, or start this one as a task in its scope.",
      );
    }
    this.#options = options;
    this.#stopListening = listen(options.signals, (signal) => {
      this.#signalled(signal);
    });
    this.#recording = options.grace === undefined ? undefined : recordCreationSites();
    this.scope = new CancelScope({ parent: null, name: "main" });
    current = this;
  }

  /** Calls the main: once. */
  start(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    void this.#vigil.sleep(Number.MAX_VALUE);
    const outcome = this.#run(main);
    if (this.#isClosed) abandon(outcome); // by the main itself, at once
    this.outcome = outcome;
    return outcome;
  }

  /** Cancels the main from outside; that it was cut is then never an unhandled rejection. */
  close(): void {
    this.#isClosed = true;
    abandon(this.outcome);
    this.scope.cancel("the runner was closed");
  }

  async #run(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    try {
      const value = await this.#call(main);
      if (!this.scope.cancelledCaught) return value as T;
      if (this.#signal !== undefined) await exit(exitCodeOf(this.#signal));
      throw this.scope.reason as Error;
    } finally {
      this.#vigil.close();
      current = undefined;
    }
  }

  /** Waits for the main, and exits if it fails. */
  async #call(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T | undefined> {
    try {
      return await this.scope.run(main).finally(() => {
        this.#ended();
      });
    } catch (error) {
      await exit(1, await this.#report(error));
      throw error; // where a test keeps the process from exiting, nobody must take this for a success
    }
  }

  #signalled(signal: SignalName): void {
    if (this.#signal !== undefined) {
      this.#stopListening();
      process.exit(exitCodeOf(signal));
    }
    this.#signal = signal;
    this.scope.cancel(signal);
    const { grace } = this.#options;
    if (grace === undefined) return;
    this.#alarm.onCancel(() => {
      console.error(
        `Still running ${grace} ms after ${signal} (a second signal ends the process at once):\n${describeTree(this.scope)}`,
      );
    });
    this.#alarm.deadline = this.#alarm.clock.now() + grace;
  }

  /** Takes away what is there only while a main runs. */
  #ended(): void {
    this.#stopListening();
    this.#alarm.close();
    this.#recording?.[dispose]();
  }

  /** What is to be printed of a failure: nothing where `onError` was told of it. */
  async #report(error: unknown): Promise<string> {
    const { onError } = this.#options;
    if (onError === undefined) return `${print(error)}\n`;
    try {
      await onError(error);
      return "";
    } catch (thrown) {
      return `${print(new ExceptionGroup("onError failed, told of the first of these", [error, thrown]))}\n`;
    }
  }
}
