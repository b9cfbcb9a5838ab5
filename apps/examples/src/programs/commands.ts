import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { promisify } from "node:util";
import { CancelScope } from "@selvage/scope";
import { ProcessError, runCommand, startCommand } from "@selvage/subprocess";
import type { Program, Stage } from "../program.js";

/*
 * A build runs a script, which starts a worker and waits for it. Then the build is cancelled.
 *
 * Look at: the worker. The `signal` of child_process ends the shell, and the worker runs on. `startCommand` and
 * `runCommand` end the process group of the command, and the call is complete when no process of it is left. A
 * failed command is one error, which says what the command said last.
 */
export const program: Program = {
  name: "commands",
  description: "a cancelled shell leaves its worker running, a cancelled command leaves nothing",
  async run(stage) {
    await withSignal(stage);
    await withScope(stage);
    await withFailure(stage);
  },
};

const SCRIPT = `sleep 1000 & echo $!; wait`;

async function withSignal({ out }: Stage): Promise<void> {
  out("child_process with a signal");
  const controller = new AbortController();
  const running = promisify(execFile)("sh", ["-c", SCRIPT], { signal: controller.signal });
  const [worker] = (await once(running.child.stdout!, "data")) as [string];
  const exited = new Promise((resolve) => running.child.once("exit", resolve));
  controller.abort();
  await running.catch((error: unknown) => out(`  rejected: ${String(error)}`));
  await exited;
  out(`  the worker ${isAlive(worker) ? "still runs" : "has ended"}`);
  process.kill(Number(worker), "SIGKILL");
}

async function withScope({ out }: Stage): Promise<void> {
  out("startCommand");
  const build = new CancelScope({ name: "build" });
  await build.run(async (scope) => {
    await using command = startCommand(scope, "sh", ["-c", SCRIPT]);
    const [worker] = (await once(command.stdout.setEncoding("utf8"), "data")) as [string];
    build.cancel("a newer build");
    await command.wait(new CancelScope()).catch((error: unknown) => out(`  rejected: ${String(error)}`));
    out(`  the worker ${isAlive(worker) ? "still runs" : "has ended"}`);
  });
}

async function withFailure({ out }: Stage): Promise<void> {
  out("runCommand");
  await CancelScope.run(async (scope) => {
    const { stdout } = await runCommand(scope, "sort", ["-r"], { input: "first\nsecond\n" });
    out(`  sorted: ${stdout.trim().replace("\n", ", ")}`);
    try {
      await runCommand(scope, "sh", ["-c", "echo no space left >&2; exit 28"]);
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      out(`  code ${error.code}: ${error.message}`);
    }
  });
}

/** Whether a process runs. One that has ended may be listed for a while, as a zombie. */
function isAlive(pid: string): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pid.trim()], { encoding: "utf8" });
  return /^[^Z]/.test(stdout.trim());
}
