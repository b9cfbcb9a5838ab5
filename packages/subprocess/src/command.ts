/// <reference lib="esnext.disposable" preserve="true" />
import type { Readable, Writable } from "node:stream";
import type { WaitScope } from "@selvage/scope/internal";
import type { SignalName } from "./options.js";

/** How a command ended. */
export interface CommandEnd {
  /** The exit code; `undefined` if a signal ended the command. */
  readonly code: number | undefined;
  /** The signal that ended the command; `undefined` if it exited. */
  readonly signal: SignalName | undefined;
  /** Whether the output may be incomplete, as in `Output`. */
  readonly truncated: boolean;
}

/** A command that `startCommand` has started. */
export interface Command extends AsyncDisposable {
  /** The id of its process; `undefined` if it could not be started. */
  readonly pid: number | undefined;
  /** What it reads. That it does not read everything is not an error of the stream. If `input` is given, the stream has ended. */
  readonly stdin: Writable;
  /**
   * What it writes. A command whose output is not read stops when the pipe is full. If the output does not end in time (P1), the stream is destroyed, and
   * its reader gets an `ERR_STREAM_PREMATURE_CLOSE`. Empty unless `output` is `"pipe"`.
   */
  readonly stdout: Readable;
  /** What it writes to standard error, in the same way. */
  readonly stderr: Readable;

  /**
   * Sends a signal to the command's process group, and does not wait. An end by this signal is not an error. Use the disposal to end a command.
   *
   * @param signal - Default: the option `signal`.
   * @throws {TypeError | RangeError} If `signal` is not the name of a signal.
   */
  kill(signal?: SignalName): void;

  /**
   * Waits for the end of the command, of its group and of its pipes. It may be called any number of times, and does not end the command.
   *
   * **Cancellation**: a cancellation of `scope` ends this wait. The command goes on, unless its own scope is cancelled. In that case the wait rejects with the
   * `CancelledError` of the command's scope.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if `scope` is neither a scope nor a signal.
   * @throws {ProcessError} If the command has failed, as in `runCommand`.
   */
  wait(scope: WaitScope): Promise<CommandEnd>;

  /**
   * Ends the command: sends `signal` to its group, waits up to `grace` ms, sends `SIGKILL`, and waits for the end. If the command had failed by itself
   * before, and no `wait` has rejected with that error, the call rejects with it. It may be called any number of times.
   */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}
