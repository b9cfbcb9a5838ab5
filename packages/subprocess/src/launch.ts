import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Settings } from "./options.js";

/** Whether a command gets its own process group (P1). Windows has none. */
export function hasGroup({ input }: Settings): boolean {
  return input !== "inherit" && process.platform !== "win32";
}

/** Starts a command. If it cannot be started, this throws, or the command has no pid and emits the error. */
export function launch(settings: Settings): ChildProcess {
  const { command, input, hasPipedInput, output, cwd, env } = settings;
  const [name, ...args] = command as [string, ...string[]];
  const stdin = input === "inherit" ? input : input !== undefined || hasPipedInput ? "pipe" : "ignore";
  const pipe = output === "inherit" ? output : "pipe";
  const stdio = [stdin, pipe, pipe] as const;
  return spawn(name, args, { cwd, env, detached: hasGroup(settings), stdio: [...stdio], windowsHide: true });
}
