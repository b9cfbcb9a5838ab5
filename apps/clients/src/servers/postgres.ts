import { execFile, execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { MissingServer, newFolder, onFreePort, ServerProcess } from "./server-process.js";

/** A PostgreSQL server with an empty database `postgres`, whose user `postgres` needs no password. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ServerProcess;

  private constructor(port: number, process: ServerProcess) {
    this.port = port;
    this.#process = process;
  }

  /** @throws {MissingServer} */
  static async start(): Promise<PostgresServer> {
    const bin = programs();
    if (bin === undefined) throw new MissingServer("PostgreSQL is not installed");
    const folder = newFolder("postgres");
    const user = unprivileged();
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const data = join(folder, "data");
    const create = ["--pgdata", data, "--username", "postgres", "--auth", "trust", "--locale", "C", "--no-sync"];
    await promisify(execFile)(join(bin, "initdb"), create, { ...user, cwd: folder });

    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "log_destination=stderr"];
    const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    const ready = "database system is ready to accept connections";
    // SIGQUIT, because it does not wait for clients, and the data is not needed again.
    const options = { folder, ready, signal: "SIGQUIT", ...(user && { spawn: user }) } as const;
    const started = await onFreePort((port) =>
      ServerProcess.start(join(bin, "postgres"), [...args, "-p", String(port)], options),
    );
    return new PostgresServer(...started);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
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
