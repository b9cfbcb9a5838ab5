/** Type-checks and runs examples as their readers would: each as a separate module, with the built packages. */
import { execFile, type ExecFileException } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import type { Example } from "./examples.js";
import { root } from "./repository.js";

/** The likely compiler options of a reader's project. */
const readerOptions = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable", "dom"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  noEmit: true,
};

/**
 * Examples in `folder`, from which the imported packages must resolve.
 *
 * Each keeps the line numbers of its source file, so that compilers and stack traces name those.
 */
export class ExampleRunner {
  readonly #folder: string;
  readonly #files = new Map<Example, string>();

  constructor(folder: string, examples: readonly Example[]) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const example of examples) {
      const file = `${example.file.replaceAll("/", "__")}.${example.line}`;
      this.#files.set(example, file);
      writeFileSync(join(folder, `${file}.mts`), atItsLine(example));
    }
  }

  /** Type-checks all examples at once; returns the problems of those that have any. */
  async typeCheck(): Promise<Map<Example, string[]>> {
    const files = [...this.#files.values()].map((file) => `${file}.mts`);
    writeFileSync(join(this.#folder, "tsconfig.json"), JSON.stringify({ compilerOptions: readerOptions, files }));
    const compiler = join(root, "node_modules/typescript-7/bin/tsc");
    const { stdout, stderr, error } = await execute([compiler, "--project", ".", "--pretty", "false"], this.#folder);
    const problems = new Map<Example, string[]>();
    const messages = stdout.split(/\n(?=\S)/).filter((message) => message.trim() !== "");
    for (const [example, file] of this.#files) {
      const own = messages.filter((message) => message.startsWith(`${file}.mts(`));
      if (own.length > 0)
        problems.set(
          example,
          own.map((message) => asShown(example, file, message)),
        );
    }
    if (error && problems.size === 0) throw new Error(`tsc failed: ${stdout}${stderr}`, { cause: error });
    return problems;
  }

  /** Runs one example in a separate process; returns its problem, or `undefined`. */
  async run(example: Example, timeLimit: number): Promise<string | undefined> {
    const file = `${this.#files.get(example)!}.mjs`;
    const { code } = await transform(atItsLine(example), {
      loader: "ts",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      sourcefile: join(root, example.file),
    });
    writeFileSync(join(this.#folder, file), code);
    const { stdout, stderr, error } = await execute(["--enable-source-maps", file], this.#folder, timeLimit);
    const place = `${example.file}:${example.line}`;
    if (error?.killed) return `${place}: expected to end within ${timeLimit} ms\n${stdout}${stderr}`;
    if (error) return `${place}: expected to end well, got exit code ${error.code}\n${stdout}${stderr}`;
    // The program continues after it prints this.
    if (/^Assertion failed/m.test(stderr)) return `${place}: expected its assertions to hold\n${stderr}`;
    if (example.output !== undefined && stdout.trimEnd() !== example.output.trimEnd()) {
      return `${place}: expected to print\n${example.output}\ngot\n${stdout}`;
    }
    return undefined;
  }
}

function atItsLine({ code, line }: Example): string {
  return "\n".repeat(line - 1) + code;
}

function asShown(example: Example, file: string, message: string): string {
  return message.replace(`${file}.mts(`, `${example.file}(`).replace(/\((\d+),\d+\)/, ":$1");
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: ExecFileException | null;
}

function execute(args: readonly string[], cwd: string, timeout = 0): Promise<Outcome> {
  // Without the environment of the test runner, which a reader does not have.
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env, timeout, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, error });
    });
  });
}
