import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Program, Stage } from "../program.js";
import type { Fate } from "./work/draining.js";

/*
 * A service (in work/draining.ts) receives SIGTERM: while it starts, while it serves, and again while it drains. In
 * one case its main fails.
 *
 * Look at: the exit codes, and that the service prints only its own lines and its own error. On SIGTERM it drains:
 * the current order is fulfilled, then the pool is closed. A second signal ends it at once. No case needs special
 * code: `drain` and `run` do it all.
 */
export const program: Program = {
  name: "drain",
  description: "a service drains before it stops, at whatever time the signal comes",
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

/** The built module of the service. */
const service = fileURLToPath(new URL("../../dist/programs/work/draining.js", import.meta.url));

/** Starts the service in a separate process, sends it a signal after each of the given lines, and prints how it ended. */
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
