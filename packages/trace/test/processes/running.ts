/** Processes and commands on the built packages. */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const register: string = new URL("../../dist/register.js", import.meta.url).href;
const cli: string = here("../../dist/cli.js");

/** A process whose output is read line by line. */
export class Running {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly ended: Promise<number | string | null>;
  #changed: () => void = () => {};

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
    this.child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      this.stdout += part;
      this.#changed();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      this.stderr += part;
      this.#changed();
    });
    this.child.stdin?.on("error", () => {}); // it has ended
    this.ended = once(this.child, "close").then(([code, signal]) => (code ?? signal) as number | string | null);
    void this.ended.then(() => this.#changed());
  }

  get pid(): number {
    return this.child.pid!;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until the output matches. */
  async until(pattern: RegExp, stream: "stdout" | "stderr" = "stdout"): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this[stream]);
      if (found !== null) return found;
      if (this.hasEnded) {
        throw new Error(`expected ${String(pattern)}, got the end, ${this.stdout}\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

/** Starts processes with their own folder for sockets, and ends them and removes the folder. */
export class Machine {
  readonly runtimeFolder: string = mkdtempSync(join(tmpdir(), "selvage-run-"));
  readonly #started: Running[] = [];

  /** Starts a program of the folder `programs`, and waits until it is ready. */
  async program(name: string, ...flags: string[]): Promise<Running> {
    const running = this.start(process.execPath, [...flags, here(`programs/${name}.mjs`)]);
    await running.until(/^ready/m);
    return running;
  }

  /** Starts a program that has imported `register`. */
  registered(name: string, ...flags: string[]): Promise<Running> {
    return this.program(name, "--import", register, ...flags);
  }

  command(...args: string[]): Running {
    return this.start(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Starts the command in a pseudo terminal. `script` makes it, and passes on what is typed and the exit code. */
  terminal(...args: string[]): Running {
    const command = [process.execPath, cli, ...args].map((arg) => `'${arg}'`).join(" ");
    return this.start("script", ["--quiet", "--return", "--command", command, "/dev/null"]);
  }

  /** Runs the command to its end. */
  async run(...args: string[]): Promise<{ readonly code: unknown; readonly lines: string[]; readonly stderr: string }> {
    const command = this.command(...args);
    const code = await command.ended;
    return { code, lines: command.stdout.trimEnd().split("\n"), stderr: command.stderr };
  }

  start(command: string, args: readonly string[], options: SpawnOptions = {}): Running {
    const env = { PATH: process.env["PATH"], XDG_RUNTIME_DIR: this.runtimeFolder, NO_COLOR: "1" };
    const running = new Running(command, args, { env, ...options });
    this.#started.push(running);
    return running;
  }

  /** Ends everything, and removes the folder. */
  async close(): Promise<void> {
    for (const running of this.#started) if (!running.hasEnded) running.child.kill("SIGKILL");
    for (const running of this.#started) await running.ended;
    rmSync(this.runtimeFolder, { recursive: true, force: true });
  }
}

/** Replaces times and ids, which differ from run to run. */
export function masked(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/\d+(\.\d+)? (ms|s|min)\b( \d+ s)?/g, "TIME").replace(/PID \d+/, "PID"));
}
