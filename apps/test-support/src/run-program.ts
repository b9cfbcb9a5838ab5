import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The outcome of a program that ran in a separate process. */
export interface ProgramEnd {
  /** `null` if it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in a separate process, on the packages' sources. It is killed after two minutes, or later if it has
 * more work:
 * `ROUNDS=10000000 pnpm exec vitest run memory`.
 */
export async function runProgram(file: URL, ...flags: string[]): Promise<ProgramEnd> {
  const rounds = process.env["ROUNDS"];
  const child = spawn(process.execPath, [...flags, "--input-type=module", "-"], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ROUNDS: rounds },
    timeout: 120_000 + Number(rounds ?? 0) / 10,
    killSignal: "SIGKILL",
  });
  child.stdin.end(await bundle(file));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Bundles a program with the packages' sources into one module. */
export async function bundle(url: URL): Promise<string> {
  const file = fileURLToPath(url);
  const conditions = ["@selvage/source"];
  const built = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions },
    ssr: { noExternal: true, resolve: { conditions } },
    build: { ssr: file, write: false, minify: false, target: "node20" },
  });
  if (!("output" in built)) throw new Error(`expected one bundle of ${file}`);
  return built.output[0].code;
}
