/// <reference lib="esnext.disposable" preserve="true" />
import { PassThrough, type Readable, type Writable } from "node:stream";
import { CancelScope } from "@selvage/scope";
import {
  addMethod,
  asyncDispose,
  checkWaitScope,
  endScope,
  ignoreRejection,
  type LabelledOptions,
  quoteName,
  refusalOf,
  runBody,
  Turn,
  TurnQueue,
  type WaitScope,
} from "@selvage/scope/internal";
import type { Command, CommandEnd } from "./command.js";
import { CommandLabel } from "./command-label.js";
import { discard } from "./input.js";
import { forwardBytes } from "./flow.js";
import {
  checkCommand,
  checkSignal,
  type CommandInput,
  type CommandOptions,
  type Settings,
  type SignalName,
} from "./options.js";
import { passLines } from "./pipes.js";
import { RunningCommand } from "./running-command.js";

const OUTPUTS = ["pipe", "inherit", "lines"];

/** Options of {@link startCommand}. */
export interface StartCommandOptions extends CommandOptions {
  /** What the command reads, as in {@link RunCommandOptions}. Default: what is written to `command.stdin`. */
  readonly input?: CommandInput | undefined;
  /**
   * Where its output goes: into `command.stdout` and `command.stderr`, which must be read, or to the output of this process, directly (`"inherit"`) or
   * line by line (`"lines"`). Default: `"pipe"`.
   */
  readonly output?: "pipe" | "inherit" | "lines" | undefined;
}

/**
 * Starts a command, and returns while it runs: a server for a test, a filter to write to. End it with `await using`, or with its disposal in `finally`.
 * {@link runCommand} is simpler where the command ends by itself.
 *
 * The command has a scope below `scope`, which is open until the command has ended. So a scope that ends while the command runs fails as with any other work
 * that was left open: the command gets its signal, and the run rejects with an `InvalidStateError`, but does not wait for the command's end.
 *
 * **Cancellation**: a cancellation of `scope` ends the command as {@link runCommand} does. The disposal waits for that, and does not throw the
 * `CancelledError`.
 *
 * @param scope - The scope or signal in which the command runs.
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {CancelledError | ClosedError} If the scope is cancelled, or closed. Nothing is started.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { startCommand } from "@selvage/subprocess";
 *
 * await CancelScope.run(async (scope) => {
 *   await using cat = startCommand(scope, "cat");
 *   cat.stdin.end("hello");
 *   let text = "";
 *   for await (const chunk of cat.stdout.setEncoding("utf8")) text += chunk;
 *   console.assert(text === "hello" && (await cat.wait(scope)).code === 0);
 * });
 * ```
 */
export function startCommand(
  scope: WaitScope,
  command: string,
  args: readonly string[] = [],
  options: StartCommandOptions = {},
): Command {
  checkWaitScope(scope);
  const settings = checkCommand(command, args, options, OUTPUTS, true);
  const label = new CommandLabel(command);
  let own: CancelScope | undefined;
  try {
    own = new CancelScope({ parent: scope, _label: label } as LabelledOptions); // throws if the scope is closed
    own.throwIfCancelled();
    return new StartedCommand(own, label, settings);
  } catch (error) {
    discard(settings.input);
    if (own !== undefined) endScope(own, true);
    throw error;
  }
}

class StartedCommand implements Command {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #running: RunningCommand;
  readonly #settings: Settings;
  /** Settles when the command has ended and its scope is closed; rejects if the scope's clock throws. */
  readonly #closed: Promise<unknown>;
  readonly #waits = new TurnQueue<EndWait>();
  /** The outcome; `undefined` until the command has ended. */
  #outcome: Outcome | undefined = undefined;
  /** Whether a `wait` or the disposal has rejected with the failure. */
  #isReported = false;

  constructor(own: CancelScope, label: CommandLabel, settings: Settings) {
    const running = new RunningCommand(own, settings);
    label.running = this.#running = running;
    this.#settings = settings;
    const stdin = settings.input === undefined ? running.child?.stdin : undefined;
    this.stdin = stdin ?? new PassThrough().on("error", ignore).end(); // that somebody writes to it is not an uncaught error
    this.stdout = this.#output("stdout");
    this.stderr = this.#output("stderr");
    if (settings.output === "lines") passLines(running, settings);
    this.#closed = runBody(own, () => running.ended, own);
    const ended = (): void => {
      this.#ended();
    };
    this.#closed.then(ended, ended);
  }

  get pid(): number | undefined {
    return this.#running.child?.pid;
  }

  kill(signal: SignalName = this.#settings.signal): void {
    checkSignal(signal);
    this.#running.kill(signal);
  }

  wait(scope: WaitScope): Promise<CommandEnd> {
    checkWaitScope(scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    const wait = new EndWait(scope, this.#settings.command[0]!);
    const ended = wait.stand(this.#waits);
    if (this.#outcome !== undefined) this.#settle(this.#outcome);
    return ended;
  }

  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal */
  async _dispose(): Promise<void> {
    this.#running.stop();
    await this.#closed;
    const { failure } = this.#outcome!;
    if (failure === undefined || this.#running.isCancelled || this.#isReported) return;
    this.#isReported = true;
    throw failure.error;
  }

  #output(name: "stdout" | "stderr"): Readable {
    const source = this.#running.child?.[name];
    const stream = new PassThrough();
    if (!source || this.#settings.output !== "pipe") return stream.end();
    this.#running.flows.push(forwardBytes(source, stream));
    return stream;
  }

  #ended(): void {
    const { code, signal, truncated } = this.#running;
    this.#outcome = { end: { code, signal, truncated }, failure: this.#running.makeFailure() };
    this.#settle(this.#outcome);
  }

  #settle({ end, failure }: Outcome): void {
    for (let wait = this.#waits.first; wait !== undefined; wait = this.#waits.first) {
      if (failure === undefined) {
        wait.grant(end);
      } else {
        this.#isReported = true;
        if (this.#running.isCancelled) ignoreRejection(wait.promise); // as that of every wait in a cancelled scope
        wait.refuse(failure.error);
      }
    }
  }
}

addMethod<StartedCommand>(StartedCommand, asyncDispose, function () {
  return this._dispose();
});

/** What a command that has ended tells its callers. */
interface Outcome {
  readonly end: CommandEnd;
  readonly failure: { readonly error: unknown } | undefined;
}

/** A wait for the end of a command. */
class EndWait extends Turn<CommandEnd> {
  readonly #command: string;

  constructor(scope: WaitScope, command: string) {
    super(scope);
    this.#command = command;
  }

  override get waiting(): string {
    return `command ${quoteName(this.#command)}`;
  }
}

function ignore(): void {}
