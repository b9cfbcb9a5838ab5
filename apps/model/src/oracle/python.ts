import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Program } from "../program.js";
import type { Handled, HandleCase, Halves, SplitCase } from "./group-cases.js";
import type { Outcome, TraceEvent } from "./trace.js";

/** The command that starts Python: `PYTHON`, if it is set. */
export const command: string = process.env["PYTHON"] ?? "python3";

/** Why the oracle is not available on this machine; `undefined` if it is. */
export function whyNoPython(name: string = command): string | undefined {
  const code = "import sys; print(sys.version_info >= (3, 11), sys.version.split()[0])";
  let answer: string;
  try {
    answer = execFileSync(name, ["-c", code], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return `there is no ${name}`;
  }
  const [isEnough, version] = answer.trim().split(" ");
  return isEnough === "True" ? undefined : `${name} is ${version}, and asyncio has TaskGroup and timeout since 3.11`;
}

/** A Python process that handles one request after another. */
export class Python implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #ended: Promise<void>;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];

  constructor() {
    this.#process = spawn(command, ["-B", "-m", "oracle"], {
      // Relative to `src`, or to `dist`, which is beside it.
      cwd: fileURLToPath(new URL("../../python", import.meta.url)),
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#lines.on("line", (line) => this.#waiting.shift()?.resolve(line));
    this.#ended = new Promise((resolve) => {
      this.#process.on("close", (code) => {
        for (const { reject } of this.#waiting) reject(new Error(`Python has ended, with exit code ${code}`));
        resolve();
      });
    });
  }

  version(): Promise<string> {
    return this.#ask("version", null);
  }

  /** Runs a program made by `comparable` under asyncio. */
  async program(program: Program): Promise<AsyncioRun> {
    const { trace, ties } = await this.#ask<{ trace: readonly [number, number, Outcome][]; ties: number }>(
      "program",
      program,
    );
    return { trace: trace.map(([time, id, outcome]) => ({ time, id, outcome })), ties };
  }

  split(splitCase: SplitCase): Promise<Halves> {
    return this.#ask("split", splitCase);
  }

  handle(handleCase: HandleCase): Promise<Handled> {
    return this.#ask("except", handleCase);
  }

  /** Runs a module in virtual time; returns what it prints. */
  snippet(code: string): Promise<string> {
    return this.#ask("snippet", code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }

  async #ask<T>(what: string, argument: unknown): Promise<T> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify([what, argument])}\n`);
    });
    const { answer, error } = JSON.parse(line) as { answer: T; error?: string };
    if (error !== undefined) throw new Error(`Python failed:\n${error}`);
    return answer;
  }
}

/** The result of a program under asyncio. */
export interface AsyncioRun {
  readonly trace: readonly TraceEvent[];
  /** How often several things were due at one time, which asyncio handles together. */
  readonly ties: number;
}
