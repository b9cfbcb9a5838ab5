import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Program, Stage } from "../program.js";
import type { Start } from "./work/copy-files.js";

/*
 * A program copies two files (in work/copy-files.ts), and somebody presses Ctrl-C.
 *
 * Look at: what is left of the files. A signal ends the process where it stands, and so does a handler that exits: no `finally` is run.
 * `run` has it cancel the scope of the main, and all that is below; the process ends when that has ended, with the exit code
 * that a shell expects after SIGINT.
 */
export const program: Program = {
  name: "run",
  description: "a program that is interrupted ends where it stands, or cleans up first under run",
  async run({ out }) {
    out("an ordinary program");
    await interrupt("plainly", out);
    out('process.once("SIGINT", () => process.exit(130))');
    await interrupt("withHandler", out);
    out("run");
    await interrupt("withRun", out);
  },
};

/** The program, as it was built. */
const copyFiles = fileURLToPath(new URL("../../dist/programs/work/copy-files.js", import.meta.url));

/** Starts the program in a process of its own, interrupts it as soon as it copies both files, and says how it ended. */
async function interrupt(start: Start, out: Stage["out"]): Promise<void> {
  const child = spawn(process.execPath, [copyFiles, start], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  for await (const line of createInterface(child.stdout)) {
    out(`  ${line}`);
    if (line === "copying b.txt") child.kill("SIGINT");
  }
  const [exitCode, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  out(exitCode === null ? `  killed by ${signal}` : `  exit code ${exitCode}`);
}
