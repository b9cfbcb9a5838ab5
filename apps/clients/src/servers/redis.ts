import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { MissingServer, newFolder, onFreePort, ServerProcess } from "@selvage/test-support/server-process";

/** A Redis server without data. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ServerProcess;

  private constructor(port: number, folder: string, process: ServerProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  /** @throws {MissingServer} */
  static async start(): Promise<RedisServer> {
    if (spawnSync("redis-server", ["--version"]).error) throw new MissingServer("redis-server is not installed");
    const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const folder = newFolder("redis");
    const options = { folder, ready: "Ready to accept connections" };
    const [port, process] = await onFreePort((port) =>
      ServerProcess.start("redis-server", ["--port", String(port), ...settings], options),
    );
    return new RedisServer(port, folder, process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
