import { CancelScope } from "@selvage/scope";
import {
  checkWaitScope,
  type LabelledOptions,
  refusalOf,
  RETHROW,
  runBody,
  type WaitScope,
} from "@selvage/scope/internal";
import { CommandLabel } from "./command-label.js";
import { checkCommand, type CommandInput, type CommandOptions, type Settings } from "./options.js";
import { discard } from "./input.js";
import { Output } from "./output.js";
import { collect, passLines } from "./pipes.js";
import { RunningCommand } from "./running-command.js";

const OUTPUTS = ["buffer", "inherit", "lines"];
const NOTHING: Buffer = Buffer.alloc(0);

/** Options of {@link runCommand}. */
export interface RunCommandOptions extends CommandOptions {
  /**
   * What the command reads. `"inherit"` is the standard input of this process. Then the command does not get its own process group, because only the
   * foreground group of a terminal may read it, and signals go to the command alone. Default: nothing, an empty input.
   */
  readonly input?: CommandInput | undefined;
  /**
   * Where its output goes: into the {@link Output}, to that of this process directly (`"inherit"`), or to that of this process line by line, so that
   * several commands can run side by side (`"lines"`). Default: `"buffer"`.
   */
  readonly output?: "buffer" | "inherit" | "lines" | undefined;
}

/**
 * Runs a command, and waits for its end: its exit, the end of all processes that it started, and the end of its output.
 *
 * The command leads its own process group. There is no shell: arguments are passed on as they are. If processes of the group are left when the command
 * has exited, they get `signal`, and `SIGKILL` after `grace`. A process that left the group (`setsid`) is not found. If it holds the output, that is
 * read for one more second, and `truncated` is true. If this process exits, commands that still run get `SIGKILL`.
 *
 * On Windows there are no groups: what the command started is not ended with it.
 *
 * **Cancellation**: sends `signal` to the group, waits up to `grace` ms, then sends `SIGKILL`. Always waits for the end, and rejects with the scope's
 * `CancelledError`, whatever the exit code is. A cancellation after the exit does not change the outcome. In a scope that is already cancelled or
 * closed, nothing is started.
 *
 * Compare Trio's `run_process`, and Go's `exec.CommandContext` with `WaitDelay`, from which the second for the pipes comes.
 *
 * @param scope - The scope or signal of the caller.
 * @param command - The file to run: a path, or a name that is looked up on the `PATH`.
 * @param args - Its arguments. Default: none.
 * @throws {TypeError | RangeError} Synchronously, if an argument is wrong.
 * @throws {ProcessError} If it cannot be started, exits with another code than 0, is ended by a signal from elsewhere, or writes more than `maxBuffer`.
 * @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
 * @throws The error of the stream `input`, if that fails. The command is ended first.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { runCommand } from "@selvage/subprocess";
 *
 * using scope = new CancelScope();
 * const { stdout } = await runCommand(scope, "sort", ["-r"], { input: "1\n2\n" });
 * console.assert(stdout === "2\n1\n");
 * ```
 */
export function runCommand(
  scope: WaitScope,
  command: string,
  args: readonly string[] = [],
  options: RunCommandOptions = {},
): Promise<Output> {
  checkWaitScope(scope);
  const settings = checkCommand(command, args, options, OUTPUTS, false);
  const refusal = refusalOf(scope);
  if (refusal !== undefined) {
    discard(settings.input);
    return refusal;
  }
  const label = new CommandLabel(command);
  const own = new CancelScope({ parent: scope, _label: label } as LabelledOptions);
  return runBody(own, () => run(own, label, settings), own, RETHROW) as Promise<Output>;
}

async function run(own: CancelScope, label: CommandLabel, settings: Settings): Promise<Output> {
  const running = new RunningCommand(own, settings);
  label.running = running;
  const isKept = settings.output === "buffer";
  const stdout = isKept ? collect(running, settings, "stdout") : undefined;
  const stderr = isKept ? collect(running, settings, "stderr") : undefined;
  if (settings.output === "lines") passLines(running, settings);
  await running.ended;
  const failure = running.makeFailure();
  if (failure !== undefined) throw failure.error;
  return new Output(stdout?.take() ?? NOTHING, stderr?.take() ?? NOTHING, running.truncated);
}
