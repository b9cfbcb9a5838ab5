import { brand, escapeText, quoteName } from "@selvage/scope/internal";
import type { SignalName } from "./options.js";

/** What a {@link ProcessError} says about a command. */
export interface ProcessErrorDetails {
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** The exit code; `undefined` if the command did not exit by itself. */
  readonly code?: number | undefined;
  /** The signal that ended the command; `undefined` if none did. */
  readonly signal?: SignalName | undefined;
  /** The last 4 kB that the command wrote to standard error, as far as they passed through this process. */
  readonly stderr?: string | undefined;
  /** The error of the system, if the command could not be started. */
  readonly cause?: unknown;
}

/**
 * Thrown when a command fails: it could not be started, it exited with a code other than 0, a signal ended it that this package did not send, or it
 * wrote more than `maxBuffer`. In the last case its processes have ended when the error is thrown.
 *
 * The message has the name of the command and the last line of its standard error, but not its arguments, which may be secret. Compare the
 * `CalledProcessError` of Python's `subprocess`.
 *
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { ProcessError, runCommand } from "@selvage/subprocess";
 *
 * using scope = new CancelScope();
 * try {
 *   await runCommand(scope, "sh", ["-c", "echo no such branch >&2; exit 3"]);
 * } catch (error) {
 *   console.assert(error instanceof ProcessError && error.code === 3 && error.stderr === "no such branch\n");
 *   console.assert(String(error) === 'ProcessError: "sh" exited with code 3: no such branch');
 * }
 * ```
 */
export class ProcessError extends Error {
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** The exit code; `undefined` if a signal ended the command, it was not started, or it was ended because it wrote too much. */
  readonly code: number | undefined;
  /** The signal that ended the command; `undefined` if none did. */
  readonly signal: SignalName | undefined;
  /** The last 4 kB that the command wrote to standard error; empty if that was inherited. */
  readonly stderr: string;

  constructor(message: string, { command, code, signal, stderr = "", cause }: ProcessErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.command = command;
    this.code = code;
    this.signal = signal;
    this.stderr = stderr;
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "ProcessError" });
    brand(this, "@selvage/subprocess/ProcessError");
  }
}

/** Makes the error of a command. Its message has the name, what happened, and the last line of standard error. */
export function processError(what: string, details: ProcessErrorDetails): ProcessError {
  const [name = ""] = details.command;
  const last = details.stderr?.trimEnd().split("\n").at(-1)?.trim() ?? "";
  return new ProcessError(`${quoteName(name)} ${what}${last === "" ? "" : `: ${escapeText(last, 200)}`}`, details);
}
