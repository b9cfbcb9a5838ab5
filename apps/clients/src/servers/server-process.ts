import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
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

/** A process that serves until it is disposed of, and its folder. */
export class ServerProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #signal: NodeJS.Signals;
  readonly #kill = (): void => {
    this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };

  private constructor(process: ChildProcess, folder: string, signal: NodeJS.Signals) {
    this.#process = process;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Starts a program, and waits until it prints `ready`. */
  static async start(program: string, args: readonly string[], options: StartOptions): Promise<ServerProcess> {
    const child = spawn(program, args, { ...options.spawn, cwd: options.folder, stdio: ["ignore", "pipe", "pipe"] });
    const server = new ServerProcess(child, options.folder, options.signal);
    // A server must not outlive this process, whatever ends it.
    process.once("exit", server.#kill);
    const lines: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const read = (line: string): void => {
        lines.push(line);
        if (line.includes(options.ready)) resolve();
      };
      for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on("line", read);
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`${program} ended before it was ready:\n${lines.join("\n")}`)));
    });
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#kill);
    if (this.#process.exitCode === null && this.#process.kill(this.#signal)) await once(this.#process, "exit");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** How a server is started and stopped. */
export interface StartOptions {
  /** Where it runs and keeps its data. It is removed with the server. */
  readonly folder: string;
  /** Part of the line that it prints once it serves. */
  readonly ready: string;
  /** What stops it. */
  readonly signal: NodeJS.Signals;
  readonly spawn?: SpawnOptions;
}

/** A new folder for the data of a server. */
export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `selvage-clients-${name}-`));
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
