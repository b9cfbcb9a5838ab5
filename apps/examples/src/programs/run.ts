import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Program, Stage } from "../program.js";
import type { Start } from "./work/copy-files.js";

/*
 * A program copies two files (in work/copy-files.ts), and the user presses Ctrl-C.
 *
 * Look at: what is left of the files. A signal ends the process at once, and so does a handler that exits: no
 * `finally` runs. With `run` the signal cancels the scope of the main function, and everything below it. The process
 * ends when the main function has ended, with the exit code that a shell expects after SIGINT.
 */
export const program: Program = {
  name: "run",
  description: "an interrupted program ends at once, or cleans up first under run",
  async run({ out }) {
    out("an ordinary program");
    await interrupt("plainly", out);
    out('process.once("SIGINT", () => process.exit(130))');
    await interrupt("withHandler", out);
    out("run");
    await interrupt("withRun", out);
  },
};

/** The built module of the program. */
const copyFiles = fileURLToPath(new URL("../../dist/programs/work/copy-files.js", import.meta.url));

/** Starts the program in a separate process, interrupts it as soon as it copies both files, and prints how it ended. */
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
