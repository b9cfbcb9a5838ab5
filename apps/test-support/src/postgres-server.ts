import { execFile, execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { MissingServer, newFolder, onFreePort, ServerProcess } from "./server-process.js";

/** A PostgreSQL server with an empty database `postgres`, whose user `postgres` needs no password. It stops with this process. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #start: () => Promise<ServerProcess>;
  #process: ServerProcess;

  private constructor(port: number, folder: string, start: () => Promise<ServerProcess>, process: ServerProcess) {
    this.port = port;
    this.#folder = folder;
    this.#start = start;
    this.#process = process;
  }

  /** @throws {MissingServer} */
  static async start(): Promise<PostgresServer> {
    const bin = programs();
    if (bin === undefined) throw new MissingServer("PostgreSQL is not installed");
    const folder = newFolder("postgres");
    try {
      const user = unprivileged();
      if (user !== undefined) chownSync(folder, user.uid, user.gid);
      const data = join(folder, "data");
      const create = ["--pgdata", data, "--username", "postgres", "--auth", "trust", "--locale", "C", "--no-sync"];
      await promisify(execFile)(join(bin, "initdb"), create, { ...user, cwd: folder });

      const settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "log_destination=stderr",
      ];
      const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
      // In a group apart, because a Ctrl-C in a terminal goes to all of the terminal's group.
      const spawn = { ...user, detached: true };
      const options = { folder, ready: "database system is ready to accept connections", spawn };
      const startOn = (port: number): Promise<ServerProcess> =>
        ServerProcess.start(join(bin, "postgres"), [...args, "-p", String(port)], options);
      const [port, started] = await onFreePort(startOn);
      return new PostgresServer(port, folder, () => startOn(port), started);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The URL of the database. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /**
   * Stops the server, and starts it again with its data. A `"fast"` stop closes the connections properly. An `"immediate"` one is a crash, after
   * which the server recovers from its log.
   */
  async restart(how: "fast" | "immediate"): Promise<void> {
    await this.#process.stop(how === "fast" ? "SIGINT" : "SIGQUIT");
    this.#process = await this.#start();
  }

  /** Stops all its processes where they are: connections stay open, and nothing is answered. Only on Linux. */
  pause(): void {
    this.#process.signal("SIGSTOP");
  }

  /** Lets it go on. */
  resume(): void {
    this.#process.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    // SIGQUIT, because it does not wait for clients, and the data is not needed again.
    await this.#process.stop("SIGQUIT");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The folder of the server's programs. Debian keeps them, one folder for each version, outside of `PATH`. */
function programs(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => Number(other) - Number(one)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** PostgreSQL refuses to run as root, so root runs it as another user. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => {
    const found = ["postgres", "nobody"].flatMap((user) => {
      try {
        return [Number(execFileSync("id", [flag, user], { stdio: ["ignore", "pipe", "ignore"] }))];
      } catch {
        return [];
      }
    });
    return found[0] ?? 65_534;
  };
  return { uid: idOf("-u"), gid: idOf("-g") };
}
