import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The programs of a server are not installed. */
export class MissingServer extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "MissingServer" });
  }
}

/** A process that serves until it is stopped. */
export class ServerProcess {
  readonly #process: ChildProcess;
  readonly #kill: () => void;

  private constructor(child: ChildProcess, folder: string) {
    this.#process = child;
    this.#kill = () => {
      this.signal("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    };
  }

  /** Starts a program, and waits until it prints `ready`. */
  static async start(program: string, args: readonly string[], options: StartOptions): Promise<ServerProcess> {
    const child = spawn(program, args, { ...options.spawn, cwd: options.folder, stdio: ["ignore", "pipe", "pipe"] });
    const server = new ServerProcess(child, options.folder);
    // A server must not outlive this process, whatever ends it.
    process.once("exit", server.#kill);
    const lines: string[] = [];
    let isReady = false;
    try {
      await new Promise<void>((resolve, reject) => {
        const read = (line: string): void => {
          if (isReady) return; // it is only read, so that the pipe does not fill up
          lines.push(line);
          isReady = line.includes(options.ready);
          if (isReady) resolve();
        };
        for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on("line", read);
        child.once("error", reject);
        child.once("exit", () => reject(new Error(`${program} ended before it was ready:\n${lines.join("\n")}`)));
      });
    } catch (error) {
      process.off("exit", server.#kill);
      throw error;
    }
    return server;
  }

  /** Sends a signal to its processes. Only Linux says which children it has. */
  signal(name: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const children = childrenOf(pid);
    send(pid, name);
    // Again, because it may have started one meanwhile. A child that is stopped would not notice the end of its parent.
    for (const child of new Set([...children, ...childrenOf(pid)])) send(child, name);
  }

  /** Sends a signal to its first process, and waits until that has ended. */
  async stop(name: NodeJS.Signals): Promise<void> {
    process.off("exit", this.#kill);
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null && this.#process.kill(name)) await once(this.#process, "exit");
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Sends a signal, unless the process has ended. */
function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended a moment ago.
  }
}

/** How a server is started and stopped. */
export interface StartOptions {
  /** Where it runs and keeps its data. It is removed if this process exits while the server runs. */
  readonly folder: string;
  /** Part of the line that it prints once it serves. */
  readonly ready: string;
  readonly spawn?: SpawnOptions;
}

/** A new folder for the data of a server. */
export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `selvage-${name}-`));
}

/** Starts a server on a port of the loopback that was free a moment ago, and on another one if it was taken meanwhile. */
export async function onFreePort(start: (port: number) => Promise<ServerProcess>): Promise<[number, ServerProcess]> {
  for (;;) {
    const port = await freePort();
    try {
      return [port, await start(port)];
    } catch (error) {
      if (!/already in use/i.test(String(error))) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
