import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import type { SignalName } from "./options.js";

/*
 * The process group of a command.
 *
 * 1. The command leads its group, so the id of the group is the command's pid. The system gives the number to another process only when no process of
 *    the group is left.
 * 2. So nothing is sent once the command has exited and the group was found empty.
 * 3. If this process exits while a command runs, its group is killed.
 */

/** The groups that may have processes. While there are any, this process has one listener for its exit (3). */
const groups = new Set<ProcessGroup>();

function killAll(): void {
  for (const group of groups) group.send("SIGKILL");
}

/** The processes of a command: its group, or the command alone if it has no group (P1). */
export class ProcessGroup {
  readonly #command: ChildProcess;
  readonly #hasGroup: boolean;

  constructor(command: ChildProcess, hasGroup: boolean) {
    this.#command = command;
    this.#hasGroup = hasGroup;
    if (groups.size === 0) process.on("exit", killAll);
    groups.add(this);
  }

  /** Sends a signal. A process that has ended, or that this user may not signal, does not get it. */
  send(signal: SignalName): void {
    try {
      if (this.#hasGroup) process.kill(-this.#command.pid!, signal);
      else this.#command.kill(signal as NodeJS.Signals); // does nothing once the command has exited
    } catch {
      // No process is left, or the platform does not have the signal.
    }
  }

  /** Whether, after the exit of the command, other processes of its group are left that this user may signal. */
  get isLeft(): boolean {
    if (!this.#hasGroup) return false;
    const id = this.#command.pid!;
    try {
      process.kill(-id, 0);
    } catch {
      return false;
    }
    return hasLiving(id);
  }

  /** Records that no process is left (2). */
  forget(): void {
    groups.delete(this);
    if (groups.size === 0) process.off("exit", killAll);
  }
}

/**
 * Whether a group has a process that is not a zombie. In a container, the first process often does not reap orphans, so they stay zombies for ever, and
 * a signal can still be sent to them. Only Linux has this in files; elsewhere it returns true.
 */
function hasLiving(group: number): boolean {
  try {
    return readdirSync("/proc").some((name) => /^\d+$/.test(name) && isLiving(name, group));
  } catch {
    return true;
  }
}

function isLiving(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, , own] = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may contain anything
    return Number(own) === group && state !== "Z" && state !== "X";
  } catch {
    return false; // it has ended meanwhile
  }
}
