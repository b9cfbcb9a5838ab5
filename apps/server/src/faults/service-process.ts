import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { built } from "./built.js";
import type { Answer, Command } from "./fault.js";

/** How a process of the service is started. */
export interface ProcessOptions {
  /** Its environment variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of Node. */
  readonly flags?: readonly string[];
}

/** How a process ended. */
export interface Exit {
  /** As a shell shows it: 128 and the number of the signal, if a signal ended it. */
  readonly code: number;
  /** The last lines that it printed. */
  readonly output: readonly string[];
}

/** How many lines of its output are kept. */
const LINES = 30;

/** The service, in a process that does not outlive this one. */
export class ServiceProcess {
  /** Resolves when the process has ended. */
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  #answered: (answer: Answer) => void = () => {};

  /** @param listens - Called with its URL, once it listens. */
  constructor({ env, flags = [] }: ProcessOptions, listens: (url: string) => void) {
    const args = [...flags, "--import", built("faults/inject.js"), built("main.js")];
    this.#child = spawn(process.execPath, args, {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child.on("message", (answer: Answer) => this.#answered(answer));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) this.#read(stream, listens);
    const kill = (): unknown => this.#child.kill("SIGKILL");
    process.once("exit", kill);
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => {
        process.off("exit", kill);
        resolve({ code: code ?? 128 + constants.signals[signal!], output: this.#output });
      });
    });
  }

  /** The most memory that the process has had, in bytes; `undefined` if the system does not say. */
  get peak(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
      const found = /VmHWM:\s*(\d+) kB/.exec(status);
      return found === null ? undefined : Number(found[1]) * 1_024;
    } catch {
      return undefined;
    }
  }

  /** Limits how many file descriptors the running process may have. Before it runs, it needs more, because it loads its modules at the same time. */
  limitDescriptors(most: number): void {
    execFileSync("prlimit", ["--pid", String(this.#child.pid), `--nofile=${most}`]);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  tell(command: Command): void {
    if (this.#child.connected) this.#child.send(command, () => {}); // it may end meanwhile
  }

  /** The bytes that its heap uses after a collection. It needs the flag `--expose-gc`. */
  heap(): Promise<number> {
    return new Promise((resolve) => {
      this.#answered = ({ heap }) => resolve(heap);
      this.tell({ ask: "heap" });
    });
  }

  #read(stream: Readable, listens: (url: string) => void): void {
    createInterface({ input: stream }).on("line", (line) => {
      const url = /listening on (http:[^"]+)/.exec(line)?.[1];
      if (url !== undefined) listens(url);
      this.#output.push(line.slice(0, 500));
      if (this.#output.length > LINES) this.#output.shift();
    });
  }
}
