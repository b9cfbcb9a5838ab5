import { spawnSync } from "node:child_process";
import { MissingServer, newFolder, onFreePort, ServerProcess } from "./server-process.js";

/** A Redis server without data. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ServerProcess;

  private constructor(port: number, process: ServerProcess) {
    this.port = port;
    this.#process = process;
  }

  /** @throws {MissingServer} */
  static async start(): Promise<RedisServer> {
    if (spawnSync("redis-server", ["--version"]).error) throw new MissingServer("redis-server is not installed");
    const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const options = { folder: newFolder("redis"), ready: "Ready to accept connections", signal: "SIGTERM" } as const;
    const started = await onFreePort((port) =>
      ServerProcess.start("redis-server", ["--port", String(port), ...settings], options),
    );
    return new RedisServer(...started);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
