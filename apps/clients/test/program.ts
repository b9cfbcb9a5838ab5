import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** How a program ended that ran in a separate process. */
export interface ProgramEnd {
  /** `null` if it had to be killed after a minute. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of `programs/` on the sources of the packages. */
export async function runProgram(name: string, ...args: string[]): Promise<ProgramEnd> {
  const child = spawn(process.execPath, ["--input-type=module", "-", ...args], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1" },
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  child.stdin.end(await bundle(fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))));
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
