/** Runs the programs in `test/programs` in separate processes, on the packages' sources, to send them real signals. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { RunnerOptions } from "../src/index.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = fileURLToPath(new URL("programs", import.meta.url));

interface ObeyingOptions extends Omit<RunnerOptions, "onError"> {
  readonly onError?: "waits" | "later" | "fails" | "careless";
}

interface Setting {
  /** The events that the program itself listens to. */
  readonly own?: readonly string[];
  readonly listeners?: string;
}

/** What the program `obeying` prints about its listeners when there are none. */
export const noListeners = "listeners 0 0 0 0";

/** The programs, compiled into a separate folder, which must be removed. */
export class Programs {
  readonly #folder: string;
  readonly #started: Program[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async translate(): Promise<Programs> {
    const folder = mkdtempSync(join(tmpdir(), "selvage-runner-"));
    const conditions = ["@selvage/source"];
    await build({
      configFile: false,
      logLevel: "error",
      root,
      resolve: { conditions },
      ssr: { noExternal: true, resolve: { conditions } },
      build: {
        ssr: true,
        target: "node20",
        minify: false,
        outDir: folder,
        emptyOutDir: false,
        rolldownOptions: {
          input: readdirSync(sources).map((file) => join(sources, file)),
          // Each module stays where it was: a creation site is distinguished from the packages' own frames by its path.
          output: { preserveModules: true, preserveModulesRoot: root, entryFileNames: "[name].js" },
        },
      },
    });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    return new Programs(folder);
  }

  start(name: string, ...args: string[]): Program {
    const program = new Program(join(this.#folder, relative(root, sources), `${name}.js`), args);
    this.#started.push(program);
    return program;
  }

  /**
   * Starts the program `obeying`, and waits until its main has started. `listeners` are those for the signals and the
   * two events.
   */
  async obeying(options: ObeyingOptions = {}, { own = [], listeners = "1 1 1 1" }: Setting = {}): Promise<Program> {
    const program = this.start("obeying", JSON.stringify(options), ...own);
    await program.line(`started, listeners ${listeners}`);
    return program;
  }

  /** Removes the folder, and ends the programs that a failed test has left behind. */
  remove(): void {
    for (const program of this.#started) program.send("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The outcome of a program. */
interface ProgramEnd {
  /** `null` if a signal killed it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The lines that it printed. */
  readonly stdout: readonly string[];
  readonly stderr: string;
}

/** A running program; killed after twenty seconds. Its standard error is not read until a test asks for it. */
export class Program {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  readonly #stdout: Output;
  #stderr: Output | undefined;

  constructor(file: string, args: readonly string[]) {
    this.#process = spawn(process.execPath, [file, ...args], {
      env: { PATH: process.env["PATH"], NO_COLOR: "1" },
      timeout: 20_000,
      killSignal: "SIGKILL",
    });
    this.#closed = once(this.#process, "close");
    this.#stdout = new Output(this.#process.stdout);
  }

  /** Waits until it has printed a line; throws if it ends without. */
  async line(text: string): Promise<void> {
    await this.#stdout.until(`${text}\n`);
  }

  /** Waits until it has printed a text on standard error; throws if it ends without. */
  async error(text: string): Promise<void> {
    await this.#errors.until(text);
  }

  /** Sends it a line. */
  say(text: string): void {
    this.#process.stdin.write(`${text}\n`);
  }

  send(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Reads none of its standard output until it has exited: a pipe that is full. */
  stopReading(): void {
    this.#process.stdout.pause();
    this.#process.once("exit", () => this.#process.stdout.resume());
  }

  /** Closes the reading end of its standard error. */
  readNoErrors(): void {
    this.#process.stderr.destroy();
  }

  /** Waits for its end. */
  async end(): Promise<ProgramEnd> {
    const errors = this.#errors;
    await this.#closed;
    const { exitCode: code, signalCode: signal } = this.#process;
    return { code, signal, stdout: this.#stdout.text.split("\n").slice(0, -1), stderr: errors.text };
  }

  get #errors(): Output {
    return (this.#stderr ??= new Output(this.#process.stderr));
  }
}

/** What a program prints on one of its streams. */
class Output {
  text = "";
  readonly #stream: Readable;

  constructor(stream: Readable) {
    this.#stream = stream.setEncoding("utf8").on("data", (chunk: string) => (this.text += chunk));
  }

  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      if (this.#stream.readableEnded)
        throw new Error(`expected the program to print ${JSON.stringify(text)}, got\n${this.text}`);
      await Promise.race([once(this.#stream, "data"), once(this.#stream, "end")]);
    }
  }
}
