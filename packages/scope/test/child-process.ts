/**
 * Runs programs that use the package in their own processes, to test what keeps a process alive and what stays in its
 * memory.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

export interface Outcome {
  /** `null` if the process had to be killed. */
  readonly code: number | null;
  readonly output: string;
}

/** A folder into which the package is built as `./index.js` and `./internal.js`. Remove it with `dispose`. */
export class ProgramFolder {
  readonly #folder: string;
  #programs = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<ProgramFolder> {
    const folder = mkdtempSync(join(tmpdir(), "selvage-scope-"));
    const entry = { index: join(root, "src/index.ts"), internal: join(root, "src/internal.ts") };
    await build({
      configFile: false,
      logLevel: "error",
      root,
      build: { lib: { entry, formats: ["es"] }, outDir: folder, minify: false, target: "es2022" },
    });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    return new ProgramFolder(folder);
  }

  /** Runs a program to its end. A program that has not ended after `timeLimit` milliseconds is killed. */
  run(program: string, { flags = [], timeLimit = 20_000 }: RunOptions = {}): Promise<Outcome> {
    const file = `program-${this.#programs++}.js`;
    writeFileSync(join(this.#folder, file), program);
    const options = { cwd: this.#folder, timeout: timeLimit, env: { PATH: process.env["PATH"], NO_COLOR: "1" } };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [...flags, file], options, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, output: (stdout + stderr).trimEnd() });
      });
    });
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface RunOptions {
  readonly flags?: readonly string[];
  readonly timeLimit?: number;
}
