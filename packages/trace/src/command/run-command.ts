import process from "node:process";
import { CancelScope, now } from "@selvage/scope";
import type { Report } from "../register/report.js";
import { CommandError } from "./command-error.js";
import { type CommandLine, readCommandLine, USAGE } from "./command-line.js";
import { printReport } from "./print-report.js";
import { readInspector } from "./read-inspector.js";
import { readSocket } from "./read-socket.js";
import { ask, openScreen, say } from "./terminal.js";
import { withInspector } from "./with-inspector.js";

/** How many milliseconds a process may take to answer. It does not while it computes. */
const PATIENCE = 10_000;

/** Runs a command line. Returns the exit code: 0; 1 if the process cannot be read; 2 if the command line is wrong. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const scope = new CancelScope({ name: "selvage-trace" });
  const stop = (): void => scope.cancel("the user has ended it");
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    const line = readCommandLine(args);
    if (line.action === "help") process.stdout.write(`${USAGE}\n`);
    else await read(line, scope);
    return 0;
  } catch (error) {
    if (scope.cancelled) return 0;
    say(error instanceof CommandError ? error.message : String(error));
    return error instanceof CommandError ? error.exitCode : 1;
  } finally {
    for (const signal of signals) process.off(signal, stop);
    scope.close();
  }
}

async function read(line: CommandLine, scope: CancelScope): Promise<void> {
  const { pid, yes, port } = line;
  const first = await within(scope, (own) => readSocket(pid, own));
  if (first !== undefined) {
    await show(line, scope, first, () => within(scope, (own) => readSocket(pid, own)));
    return;
  }
  const options = { port, say, ask: (question: string) => (yes ? Promise.resolve(true) : ask(question, scope)) };
  await withInspector(pid, scope, options, async (session) => {
    const again = (): Promise<Report> => readInspector(pid, session);
    await show(line, scope, await again(), again);
  });
}

/** Shows one report, or with `top` one after another until the process has ended or the user ends it. */
async function show(
  { action, json, interval, pid }: CommandLine,
  scope: CancelScope,
  first: Report,
  next: () => Promise<Report | undefined>,
): Promise<void> {
  if (action === "ps") {
    const text = json ? JSON.stringify(first, undefined, 2) : printReport(first).join("\n");
    process.stdout.write(`${text}\n`);
    return;
  }
  const screen = openScreen(() => scope.cancel("the user has ended it"));
  try {
    for (let report: Report | undefined = first; report !== undefined; report = await nextOf(pid, next)) {
      screen.show(printReport(report));
      await scope.sleep(interval * 1_000);
    }
  } finally {
    screen.close();
  }
  say(`Process ${pid} has ended.`);
}

/** Returns the next report; `undefined` if the process has ended. */
async function nextOf(pid: number, next: () => Promise<Report | undefined>): Promise<Report | undefined> {
  try {
    return await next();
  } catch (error) {
    if (isAlive(pid)) throw error;
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Calls a function that reads a process, for a limited time. */
async function within<T>(parent: CancelScope, fn: (scope: CancelScope) => Promise<T>): Promise<T> {
  const scope = new CancelScope({ parent, deadline: now() + PATIENCE });
  const value = await scope.run(fn);
  if (scope.cancelledCaught) throw new CommandError(`The process did not answer within ${PATIENCE / 1_000} s.`);
  return value as T;
}
