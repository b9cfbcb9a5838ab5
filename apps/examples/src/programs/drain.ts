import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Program, Stage } from "../program.js";
import type { Fate } from "./work/draining.js";

/*
 * A service (in work/draining.ts) is told to stop: while it starts, while it serves, and again while it drains. Once its main fails.
 *
 * Look at: the exit codes, and that nothing is printed but the service's own lines and its own error. On SIGTERM it drains: the order under
 * way is fulfilled, then the pool is closed. A second signal ends it at once. No case has code of its own: it is all in `drain` and `run`.
 */
export const program: Program = {
  name: "drain",
  description: "a service that is told to stop drains first, at whatever time it is told",
  async run({ out }) {
    out("SIGTERM while it starts");
    await stop("starts", ["starting"], out);
    out("SIGTERM while it serves");
    await stop("serves", ["serving"], out);
    out("SIGTERM while it serves, and again while it drains");
    await stop("drains", ["serving", "no more orders are taken"], out);
    out("its main fails");
    await stop("fails", [], out);
  },
};

/** The service, as it was built. */
const service = fileURLToPath(new URL("../../dist/programs/work/draining.js", import.meta.url));

/** Starts the service in a process of its own, sends it a signal after each of these lines, and says how it ended. */
async function stop(fate: Fate, after: readonly string[], out: Stage["out"]): Promise<void> {
  const child = spawn(process.execPath, [service, fate], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const errors = text(child.stderr);
  for await (const line of createInterface(child.stdout)) {
    out(`  ${line}`);
    if (after.includes(line)) child.kill("SIGTERM");
  }
  const [error] = (await errors).split("\n", 1);
  if (error !== "") out(`  standard error: ${error}`);
  const [exitCode, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  out(exitCode === null ? `  killed by ${signal}` : `  exit code ${exitCode}`);
}
