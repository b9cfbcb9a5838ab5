import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** What became of a program that ran in a process of its own. */
export interface ProgramEnd {
  /** `null` where it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a process of its own, on the packages' sources, for two minutes at most. */
export async function runProgram(file: URL, ...flags: string[]): Promise<ProgramEnd> {
  const child = spawn(process.execPath, [...flags, "--input-type=module", "-"], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1" },
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  child.stdin.end(await bundle(fileURLToPath(file)));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

async function bundle(file: string): Promise<string> {
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
