import type { ChildProcess } from "node:child_process";
import { type CancelScope, now as realTime } from "@selvage/scope";
import { deferred, dispose, escapeText, quoteName, reasonOf } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import { Tail } from "./bytes.js";
import type { Flow } from "./flow.js";
import { discard, feed } from "./input.js";
import { hasGroup, launch } from "./launch.js";
import type { Settings, SignalName } from "./options.js";
import { processError } from "./process-error.js";
import { ProcessGroup } from "./process-group.js";

/** How many milliseconds the pipes get after the end of the group, because a process outside it may hold them (P1). */
const PIPES_TIME = 1_000;
/** How many times the event loop turns before pipes whose time is up are destroyed. */
const TURNS = 4;
/** How many milliseconds pass at most between two looks at the group. Only the end of a child is an event. */
const LONGEST_INTERVAL = 64;

/*
 * A command, from its start to the end of its group and its pipes.
 *
 *   phase     what happens in it                                     it ends when
 *   running                                                          the command exits, or must end
 *   ending    the group has got the signal; after the grace, SIGKILL the command has exited, and its group is empty
 *   draining  the pipes get a second; then they are destroyed        the pipes are closed
 *   ended
 *
 * 1. The first of these decides the outcome: a failure (of the start, of the input, too much output), the cancellation of the scope, the exit.
 * 2. A cancellation after the exit changes nothing.
 * 3. If the clock throws, the time on it counts as passed.
 */
type Phase = "running" | "ending" | "draining" | "ended";

/** A command that runs in a scope. It is started by the constructor, unless the scope is cancelled. */
export class RunningCommand {
  /** Resolves when no process and no pipe is left. It never rejects. */
  readonly ended: Promise<undefined>;
  /** The command and its pipes; `undefined` if it was not started. */
  readonly child: ChildProcess | undefined;
  /** The exit code; `undefined` until it exits, or if a signal ended it. */
  code: number | undefined = undefined;
  /** The signal that ended it; `undefined` if none did. */
  signal: SignalName | undefined = undefined;
  /** Whether a pipe was destroyed before its end. */
  truncated = false;
  /** Whether the scope was cancelled before the exit (1). */
  isCancelled = false;
  /** The end of its standard error. */
  readonly stderr: Tail = new Tail();
  /** The pipes that are passed on. */
  readonly flows: Flow[] = [];
  readonly #scope: CancelScope;
  readonly #settings: Settings;
  readonly #resolve: (value: undefined) => void;
  /** The end of the grace, or of the time of the pipes. */
  readonly #alarm: Alarm;
  /** The next look at the group. It is on real time, because processes are real. */
  readonly #look: Alarm;
  #interval = 1;
  readonly #registration: Disposable;
  #group: ProcessGroup | undefined = undefined;
  #releaseInput: (() => void) | undefined = undefined;
  #phase: Phase = "running";
  #hasExited = false;
  #areClosed = false;
  /** Whether the caller asked for the end before the exit. */
  #isStopped = false;
  /** The signals that the caller has sent. */
  readonly #sent = new Set<SignalName>();
  /** Makes the error of what has failed, late, so that its stack leads to the caller; `undefined` if nothing has. */
  #failure: (() => unknown) | undefined = undefined;

  constructor(scope: CancelScope, settings: Settings) {
    this.#scope = scope;
    this.#settings = settings;
    const { promise, resolve } = deferred<undefined>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#alarm = new Alarm(() => this.#timePassed(), { clock: scope.clock, keepAlive: true });
    this.#look = new Alarm(() => this.#lookAtGroup(), { keepAlive: true });
    // First, because it throws if the clock does, and calls at once if the scope is cancelled.
    this.#registration = scope.onCancel(() => {
      this.#cancelled();
    });
    if (!this.isCancelled) this.child = this.#start();
    if (this.child === undefined) {
      discard(settings.input);
      this.#finish();
    }
  }

  /** Asks the command to end, and kills it after the grace. */
  stop(): void {
    if (!this.#hasExited) this.#isStopped = true;
    this.#end();
  }

  /** Sends a signal, unless no process is left. */
  kill(signal: SignalName): void {
    if (this.#phase === "draining" || this.#phase === "ended") return;
    this.#sent.add(signal);
    this.#group?.send(signal);
  }

  /** Ends the command because something has failed, unless the scope was cancelled before (1). */
  fail(failure: () => unknown): void {
    reasonOf(this.#scope); // a deadline that has passed cancels first (S9)
    if (!this.isCancelled) this.#failure ??= failure;
    this.#end();
  }

  /** Makes the error with which it ended; `undefined` if it did not fail. */
  makeFailure(): { readonly error: unknown } | undefined {
    if (this.#failure !== undefined) return { error: this.#failure() };
    if (this.isCancelled) return { error: reasonOf(this.#scope) };
    const { code, signal } = this;
    if (code === 0 || this.#isStopped || (signal !== undefined && this.#sent.has(signal))) return undefined;
    const what = signal === undefined ? `exited with code ${code}` : `was ended by ${signal}`;
    return {
      error: processError(what, { command: this.#settings.command, code, signal, stderr: this.stderr.toString() }),
    };
  }

  #start(): ChildProcess | undefined {
    let child: ChildProcess;
    try {
      child = launch(this.#settings);
    } catch (error) {
      this.#notStarted(error as Error);
      return undefined;
    }
    child.on("error", (error) => {
      if (child.pid === undefined) this.#notStarted(error);
    });
    child.once("exit", (code, signal) => {
      this.#exited(code, signal);
    });
    child.once("close", () => {
      this.#areClosed = true;
      if (this.#phase === "draining") this.#finish();
    });
    if (child.pid !== undefined) this.#group = new ProcessGroup(child, hasGroup(this.#settings));
    child.stdin?.on("error", ignore); // a command need not read its input
    const { input } = this.#settings;
    if (child.stdin && input !== undefined) {
      this.#releaseInput = feed(child.stdin, input, (error) => {
        if (!this.#hasExited) this.fail(() => error);
      });
    }
    for (const source of [child.stdout, child.stderr]) source?.on("error", () => (this.truncated = true));
    child.stderr?.on("data", (chunk: Buffer) => {
      this.stderr.add(chunk);
    });
    return child;
  }

  #notStarted(error: Error): void {
    const { command, cwd } = this.#settings;
    const where = cwd === undefined ? "" : ` in ${quoteName(cwd)}`;
    const hint = command[0]!.includes(" ") ? " (there is no shell: pass the arguments as an array)" : "";
    const what = `could not be started${where}: ${escapeText(error.message, 200)}${hint}`;
    if (!this.isCancelled) this.#failure ??= () => processError(what, { command, cause: error });
    this.#finish();
  }

  #cancelled(): void {
    if (!this.#hasExited && this.#failure === undefined) this.isCancelled = true;
    this.#end();
  }

  #end(): void {
    if (this.#phase === "running" && this.#group !== undefined) this.#sendSignal(this.#group);
  }

  #sendSignal(group: ProcessGroup): void {
    this.#phase = "ending";
    group.send(this.#settings.signal);
    this.#setAlarm(this.#settings.grace);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    reasonOf(this.#scope); // a deadline that has passed cancels first (S9)
    this.#hasExited = true;
    this.code = code ?? undefined;
    this.signal = signal ?? undefined;
    this.#lookAtGroup();
  }

  #lookAtGroup(): void {
    const group = this.#group!;
    if (group.isLeft) {
      if (this.#phase === "running") this.#sendSignal(group);
      const now = realTime();
      this.#look.set(now + this.#interval, now);
      this.#interval = Math.min(this.#interval * 2, LONGEST_INTERVAL);
      return;
    }
    group.forget();
    this.#phase = "draining";
    for (const flow of this.flows) flow.drain();
    if (this.#areClosed) this.#finish();
    else this.#setAlarm(PIPES_TIME);
  }

  #setAlarm(ms: number): void {
    try {
      const now = this.#scope.clock.now();
      this.#alarm.set(now + ms, now);
    } catch {
      this.#timePassed(); // (3)
    }
  }

  #timePassed(): void {
    if (this.#phase === "ending") {
      this.#group!.send("SIGKILL");
    } else {
      void this.#destroyPipes();
    }
  }

  async #destroyPipes(): Promise<void> {
    // If this process was busy, the output may have been ready for long. These turns read it, and close the pipes.
    for (let turns = 0; turns < TURNS; turns++) await this.#scope.checkpoint().catch(ignore);
    if (this.#phase !== "draining") return;
    this.truncated = true;
    this.child!.stdout?.destroy();
    this.child!.stderr?.destroy();
    this.#finish();
  }

  #finish(): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    try {
      this.#alarm.clear();
    } catch {
      // A timer that the clock does not clear does nothing when it fires.
    }
    this.#registration[dispose]();
    this.#releaseInput?.();
    this.#group?.forget();
    this.#resolve(undefined);
  }
}

function ignore(): void {}
