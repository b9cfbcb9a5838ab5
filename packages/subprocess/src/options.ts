import { constants } from "node:os";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { checkNumber, checkOptions, describeValue, expected } from "@selvage/scope/internal";

/** The name of a signal: `"SIGTERM"`. */
export type SignalName = `SIG${string}`;

/** Options of {@link runCommand} and {@link startCommand}. */
export interface CommandOptions {
  /**
   * How long a command that must end has for its cleanup after `signal`, in milliseconds on the scope's clock. Then it gets `SIGKILL`. With 0 it gets
   * both at once, with `Infinity` it never gets `SIGKILL`. Default: 5,000.
   */
  readonly grace?: number | undefined;
  /** The signal that asks the command to end. Default: `"SIGTERM"`. */
  readonly signal?: SignalName | undefined;
  /** With `output: "lines"`, what each line begins with. Default: nothing. */
  readonly prefix?: string | undefined;
  /**
   * How many bytes are kept: of standard output and of standard error each, or with `output: "lines"` of a line that has not ended. A command that
   * writes more is ended, and fails with a {@link ProcessError}. Default: 2 ** 24 (16 MiB).
   */
  readonly maxBuffer?: number | undefined;
  /** The folder in which the command runs. Default: that of this process. */
  readonly cwd?: string | URL | undefined;
  /** The environment of the command. It replaces that of this process: add to it with `{ ...process.env, CI: "1" }`. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a command reads: a text (written as UTF-8), bytes, or a stream, which is destroyed if the command ends earlier. `"inherit"` is not a text. */
export type CommandInput = string | Uint8Array | Readable;

/** The options, checked and copied. */
export interface Settings {
  /** The command and its arguments. */
  readonly command: readonly string[];
  readonly grace: number;
  readonly signal: SignalName;
  readonly input: CommandInput | undefined;
  /** Whether the caller writes the input if there is none in the options. Otherwise it is empty. */
  readonly hasPipedInput: boolean;
  readonly output: string;
  readonly prefix: string;
  readonly maxBuffer: number;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** Checks the arguments of a command. @param outputs - The values that `output` may have, the default first. @throws {TypeError | RangeError} */
export function checkCommand(
  command: unknown,
  args: unknown,
  options: CommandOptions & { readonly input?: unknown; readonly output?: unknown },
  outputs: readonly string[],
  hasPipedInput: boolean,
): Settings {
  checkText(command, "The command");
  if (command === "") throw new RangeError("The command must not be empty.");
  if (!Array.isArray(args)) throw expected("The arguments of a command", "an array of strings", args);
  const all = [command, ...(args as readonly string[])];
  for (const each of all) checkText(each, "Each argument of a command");
  checkOptions(options);
  const {
    grace = 5_000,
    signal = "SIGTERM",
    input,
    output = outputs[0]!,
    prefix,
    maxBuffer = 2 ** 24,
    cwd,
    env,
  } = options;
  checkNumber("The grace of a command", grace, 0);
  checkSignal(signal);
  if (input !== undefined && !isInput(input)) {
    throw expected('The option "input"', 'a string, a Uint8Array, a Readable or "inherit"', input);
  }
  if (!outputs.includes(output as string)) {
    throw expected('The option "output"', outputs.map(describeValue).join(" or "), output);
  }
  if (prefix !== undefined) {
    if (typeof prefix !== "string") throw expected('The option "prefix"', "a string", prefix);
    if (output !== "lines") throw new TypeError('The option "prefix" needs output: "lines".');
  }
  checkNumber("The maxBuffer of a command", maxBuffer, 0);
  return {
    command: all,
    grace,
    signal,
    input,
    hasPipedInput,
    output: output as string,
    prefix: prefix ?? "",
    maxBuffer,
    cwd: checkFolder(cwd),
    env: checkEnvironment(env),
  };
}

/** Throws unless a value is the name of a signal of this system. */
export function checkSignal(signal: unknown): asserts signal is SignalName {
  if (typeof signal !== "string") throw expected("The signal", 'the name of a signal, such as "SIGTERM"', signal);
  if (!Object.hasOwn(constants.signals, signal)) {
    throw new RangeError(`There is no signal ${describeValue(signal)} on this system: use a name such as "SIGTERM".`);
  }
}

function checkText(value: unknown, what: string): asserts value is string {
  if (typeof value !== "string") throw expected(what, "a string", value);
  if (value.includes("\0"))
    throw new TypeError(`${what} must not contain a null character, got ${describeValue(value)}.`);
}

function isInput(input: unknown): input is CommandInput {
  return typeof input === "string" || types.isUint8Array(input) || isStream(input);
}

function isStream(input: unknown): boolean {
  if (typeof input !== "object" || input === null) return false;
  const { on, pipe, resume, destroy } = input as Record<string, unknown>;
  return [on, pipe, resume, destroy].every((method) => typeof method === "function");
}

function checkFolder(cwd: unknown): string | undefined {
  const folder = cwd instanceof URL ? fileURLToPath(cwd) : cwd;
  if (folder !== undefined) checkText(folder, 'The option "cwd"');
  return folder;
}

function checkEnvironment(env: unknown): Record<string, string> | undefined {
  if (env === undefined) return undefined;
  if (typeof env !== "object" || env === null) throw expected('The option "env"', "an object of strings", env);
  const copy = Object.create(null) as Record<string, string>; // a variable may be called "__proto__"
  for (const [name, value] of Object.entries(env) as [string, unknown][]) {
    if (value === undefined) continue;
    checkText(name, "The name of each variable in env");
    checkText(value, "Each variable in env");
    copy[name] = value;
  }
  return copy;
}
