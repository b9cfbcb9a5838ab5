/** Real processes for the tests, and what is left of them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";

/** A folder with named pipes, through which the processes of a test report. Remove it with `dispose`. */
export class Meeting implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "selvage-subprocess-"));
  #pipes = 0;

  /** The path of a file that does not exist. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** A named pipe. `report` resolves with what a process has written to it. */
  point(): { readonly path: string; readonly report: Promise<string> } {
    const path = this.file(`pipe-${this.#pipes++}`);
    execFileSync("mkfifo", [path]);
    return { path, report: readFile(path, "utf8").then((text) => text.trim()) };
  }

  /** A named pipe from which a process reads a line (`read go <"$1"`) when `open` is called. */
  gate(): { readonly path: string; readonly open: () => Promise<void> } {
    const path = this.file(`pipe-${this.#pipes++}`);
    execFileSync("mkfifo", [path]);
    return { path, open: () => writeFile(path, "go\n") };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether a process runs. A zombie does not. */
export function isAlive(pid: number | string): boolean {
  try {
    process.kill(Number(pid), 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !"ZX".includes(stat[stat.lastIndexOf(")") + 2]!);
  } catch {
    return process.platform !== "linux"; // it has ended meanwhile
  }
}

/** Which of some processes run. */
export function alive(pids: string): string[] {
  return pids.split(" ").filter(isAlive);
}

/** A script whose grandchild leaves the group, holds the output, and reports its pid to `$1`. The rest of it runs when the gate `$2` opens. */
export const LEAVES_THE_GROUP = `setsid sh -c 'echo $$ >"$0"; exec sleep 1000' "$1" & read go <"$2"; `;

/** A virtual clock that tells when code begins to wait. */
export class WatchedClock implements Clock {
  readonly virtual: VirtualClock = new VirtualClock();
  #waits: { readonly delay: number; readonly resolve: () => void }[] = [];

  /** Resolves when a timer of this delay is set. */
  waitsFor(delay: number): Promise<void> {
    return new Promise((resolve) => this.#waits.push({ delay, resolve }));
  }

  now(): number {
    return this.virtual.now();
  }

  setTimer(callback: () => void, delay: number): unknown {
    const reached = this.#waits.filter((wait) => wait.delay === delay);
    this.#waits = this.#waits.filter((wait) => wait.delay !== delay);
    for (const { resolve } of reached) resolve();
    return this.virtual.setTimer(callback, delay);
  }

  clearTimer(timer: unknown): void {
    this.virtual.clearTimer(timer);
  }
}

/** What a promise rejects with; fails if it resolves. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${String(value)}`);
}
