import process from "node:process";
import { CancelScope, InvalidStateError, now } from "@selvage/scope";
import { describeTree, recordCreationSites } from "@selvage/scope/debug";
import { ignoreRejection, dispose, isBusyBelow } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import { exitNow, print } from "./exit.js";
import { Failures } from "./failures.js";
import { addListeners, type Listener, removeListeners } from "./listeners.js";
import type { CheckedOptions } from "./runner-options.js";
import { exitCodeOf, signalListeners, type SignalName } from "./signals.js";
import { uncaughtListeners } from "./uncaught.js";

/** How many milliseconds the main may take to end after an uncaught error, if `timeout` is not set. */
const UNWINDING = 10_000;

/** Printed if nothing is live below the root scope. */
const HINT =
  "Nothing runs below the scope of main, so a `parent` was probably not passed on: pass `{ parent: scope }` to scopes, groups and " +
  "supervisors, and `scope.signal` to whatever takes a signal.";

/**
 * The running main; `undefined` while none runs. Only one may run, because an exit ends the whole process: the main that exits first would
 * interrupt the cleanup of the other.
 */
let current: MainRun<unknown> | undefined;
/** The timeout of the latest main; `undefined` until one was armed. A new main clears it (R2). */
let latestTimeout: Alarm | undefined;

/**
 * One run of a main, from its call to its outcome (R1, R2, R3).
 *
 * ```
 * state      begins with             a signal                      an uncaught error       the timeout
 * running    the call                cancels: signalled            cancels: failing        not armed
 * signalled  the first signal        exit 128 + n                  failing                 exit 128 + n of the first signal
 * failing    an uncaught error       second: print, exit 1         noted                   reporting, for as long again
 * reporting  a failure of the main,  while the main runs, second:  noted, printed last     print, exit 1
 *            or its end in failing   print, exit 1
 * ended      the value of the main   left to the system            left to the platform    exit process.exitCode ?? 0
 * ```
 *
 * The timeout is armed by the first signal, if the option is set, or by the first uncaught error. When a main was interrupted by cancellation, the
 * process exits with 128 + n if a signal came, and otherwise the run rejects. `reporting` ends with exit 1.
 */
export class MainRun<T> {
  /** The root scope of the main. */
  readonly scope: CancelScope;
  /** The outcome of the run; `undefined` until `start` returns. It never settles if the process exits. */
  outcome: Promise<T> | undefined = undefined;
  readonly #options: CheckedOptions;
  /** The listeners for signals. They are installed while the main runs. */
  readonly #forSignals: readonly Listener[];
  /** The listeners for uncaught errors. They are installed until the main has ended and all errors are reported. */
  readonly #forErrors: readonly Listener[];
  /** The recording of creation sites while the main runs; `undefined` without a grace. */
  readonly #recording: Disposable | undefined;
  /** A scope with a pending sleep, which keeps the process alive. A promise or a listener for a signal does not. */
  readonly #keepAlive: CancelScope = new CancelScope({ parent: null, name: "the runner keeps the process alive" });
  readonly #failures: Failures = new Failures();
  /** The report of the failures; `undefined` until it begins. */
  #reporting: Promise<void> | undefined = undefined;
  /** The first signal; `undefined` until it arrives. */
  #signal: SignalName | undefined = undefined;
  /** Whether the main has not ended. */
  #isRunning = true;
  /** Whether the main has returned a value, and nothing has failed. */
  #hasReturned = false;
  /** Whether `close` was called. */
  #isClosed = false;
  /** Prints what is left when the grace is over; `undefined` until the first signal, or without a grace. */
  #grace: Alarm | undefined = undefined;
  /** Ends the process; `undefined` until the first signal or uncaught error. */
  #timeout: Alarm | undefined = undefined;

  constructor(options: CheckedOptions) {
    if (current !== undefined) {
      throw new InvalidStateError(
        "A main is already running in this process: await it first, or start this one as a task in its scope.",
      );
    }
    this.#options = options;
    this.#forSignals = signalListeners(options.signals, (signal) => {
      this.#signalled(signal);
    });
    this.#forErrors = uncaughtListeners(options.uncaught, (error) => {
      this.#uncaught(error);
    });
    addListeners([...this.#forSignals, ...this.#forErrors]);
    this.#recording = options.grace === undefined ? undefined : recordCreationSites();
    this.scope = new CancelScope({ parent: null, name: "main" });
    current = this;
    latestTimeout?.clear();
  }

  /** Calls the main. Called once. */
  start(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    void this.#keepAlive.sleep(Number.MAX_VALUE);
    const outcome = this.#run(main);
    if (this.#isClosed) ignoreRejection(outcome); // the main itself closed the runner synchronously
    this.outcome = outcome;
    return outcome;
  }

  /** Cancels the main from outside. Its rejection is then never unhandled. Once the main has returned, its timeout no longer exits the process. */
  close(): void {
    this.#isClosed = true;
    ignoreRejection(this.outcome);
    this.scope.cancel("the runner was closed");
    if (this.#hasReturned) this.#timeout?.clear();
  }

  /** Waits for the main, and decides the outcome: it resolves, rejects, or ends the process. */
  async #run(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    try {
      const value = await this.#call(main);
      if (this.#failures.size > 0) {
        await this.#report();
        throw this.#failures.error; // reached only if a test replaces `process.exit`: the run must not look like a success
      }
      removeListeners(this.#forErrors);
      if (!this.scope.cancelledCaught) {
        this.#hasReturned = true;
        if (this.#isClosed) this.#timeout?.clear();
        return value as T;
      }
      if (this.#signal !== undefined) {
        await print("");
        this.#exit(exitCodeOf(this.#signal));
      }
      throw this.scope.reason as Error;
    } finally {
      removeListeners(this.#forErrors);
      this.#keepAlive.close();
      current = undefined;
    }
  }

  /** Waits for the main, and records its failure. */
  async #call(main: (scope: CancelScope) => T | PromiseLike<T>): Promise<T | undefined> {
    let value: T | undefined;
    try {
      value = await this.scope.run(main);
    } catch (error) {
      this.#failures.add(error);
    }
    this.#isRunning = false;
    removeListeners(this.#forSignals);
    this.#grace?.clear();
    this.#recording?.[dispose]();
    await this.#lastTurn();
    return value;
  }

  /** Waits one turn of the event loop, because a rejection counts as unhandled only after all microtasks have run. */
  async #lastTurn(): Promise<void> {
    if (this.#forErrors.length > 0) await this.#keepAlive.checkpoint();
  }

  #signalled(signal: SignalName): void {
    if (this.#signal !== undefined) {
      this.#exit(this.#failures.size > 0 ? 1 : exitCodeOf(signal));
      return;
    }
    this.#signal = signal;
    const time = now();
    this.scope.cancel(signal);
    const { grace, timeout } = this.#options;
    if (grace !== undefined) {
      this.#grace = new Alarm(() => {
        this.#printLeft(grace, signal);
      });
      this.#grace.set(time + grace);
    }
    if (timeout !== undefined) this.#armTimeout(time + timeout);
  }

  #uncaught(error: unknown): void {
    this.#failures.add(error);
    const time = now();
    this.scope.cancel(error);
    this.#armTimeout(time + (this.#options.timeout ?? UNWINDING));
  }

  /** Arms the timeout. If it is already armed, nothing changes, because the first signal or uncaught error counts. */
  #armTimeout(when: number): void {
    if (this.#timeout !== undefined) return;
    this.#timeout = latestTimeout = new Alarm(() => {
      this.#timeIsOver();
    });
    this.#timeout.set(when); // last, because the function is called at once if the time has passed
  }

  /** The timeout is over. A report gets the same time again. */
  #timeIsOver(): void {
    if (this.#failures.size > 0 && this.#reporting === undefined) {
      void this.#report();
      this.#timeout = undefined;
      this.#armTimeout(now() + (this.#options.timeout ?? UNWINDING));
    } else if (this.#failures.size > 0) {
      this.#exit(1);
    } else if (this.#isRunning || this.scope.cancelledCaught) {
      this.#exit(exitCodeOf(this.#signal!));
    } else {
      this.#exit(process.exitCode ?? 0);
    }
  }

  /** Reports all failures, and exits. Every caller gets the same report. */
  #report(): Promise<void> {
    return (this.#reporting ??= this.#reportAll());
  }

  async #reportAll(): Promise<void> {
    const { onError } = this.#options;
    if (onError !== undefined) {
      await this.#failures.reportTo(onError);
      await this.#lastTurn();
    }
    await print(this.#failures.take());
    await print(this.#failures.take()); // errors that came meanwhile
    this.#exit(1);
  }

  /** Prints the errors that have not been reported, and exits at once. */
  #exit(code: number | string): void {
    removeListeners(this.#forSignals);
    removeListeners(this.#forErrors);
    exitNow(code, this.#failures.take());
  }

  /** Prints what still runs after the grace. */
  #printLeft(grace: number, signal: SignalName): void {
    const left = describeTree(this.scope);
    const hint = isBusyBelow(this.scope) ? "" : `\n${HINT}`;
    console.error(
      `Still running ${grace} ms after ${signal} (a second signal ends the process at once):\n${left}${hint}`,
    );
  }
}
