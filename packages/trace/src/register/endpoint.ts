import { chmodSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import process from "node:process";
import { makeFolder, ownFolder, pipeOf, socketIn } from "./socket-path.js";

/** How many milliseconds a client may take to read an answer, and how many clients are served at a time. */
const PATIENCE = 10_000;
const MOST_CLIENTS = 8;

/**
 * Answers every client on the socket of this process with one text, and closes the connection.
 *
 * 1. Only the owner of the process can connect: the folder belongs to this user and no other can enter it, and the socket has the mode 0600.
 * 2. Nothing that a client sends is read. So nothing that it sends can harm the process.
 * 3. A client that does not read is disconnected, and the number of clients is bounded. So is the memory.
 * 4. The socket and its connections do not keep the process alive. The socket is removed at exit.
 * 5. If the socket cannot be made, a warning is emitted, and the process runs on.
 *
 * @returns The path of the socket; `undefined` if there is no safe folder for it.
 */
export function answerClients(answer: () => string): string | undefined {
  const server = createServer({ pauseOnConnect: true }, (client) => serve(client, answer));
  server.maxConnections = MOST_CLIENTS;
  server.unref();
  try {
    if (process.platform === "win32") {
      const pipe = pipeOf(process.pid);
      listen(server, pipe, warn);
      return pipe;
    }
    const folder = ownFolder();
    makeFolder(folder);
    const path = socketIn(folder, process.pid);
    listenOnSocket(server, path);
    return path;
  } catch (error) {
    warn(error);
    return undefined;
  }
}

function serve(client: Socket, answer: () => string): void {
  client.unref();
  client.on("error", () => client.destroy());
  client.setTimeout(PATIENCE, () => client.destroy());
  let text: string;
  try {
    text = answer();
  } catch (error) {
    text = JSON.stringify({ error: String(error) });
  }
  client.end(text, () => client.destroy());
}

/** Listens on a socket. One that is left over from an earlier process with this pid is replaced. */
function listenOnSocket(server: Server, path: string): void {
  listen(server, path, (error) => {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") {
      warn(error);
      return;
    }
    const probe = connect(path);
    probe.unref();
    probe.on("connect", () => {
      probe.destroy();
      warn(error); // a process with the same pid, in another container
    });
    probe.on("error", () => {
      try {
        unlinkSync(path);
        listen(server, path, warn);
      } catch (thrown) {
        warn(thrown);
      }
    });
  });
}

function listen(server: Server, path: string, failed: (error: unknown) => void): void {
  server.once("error", failed);
  server.listen({ path, exclusive: true }, () => {
    server.off("error", failed);
    server.on("error", warn);
    if (process.platform === "win32") return;
    try {
      chmodSync(path, 0o600);
    } catch (error) {
      server.close();
      warn(error);
    }
    process.on("exit", () => server.close()); // removes the socket
  });
}

function warn(error: unknown): void {
  process.emitWarning(`selvage-trace cannot read this process: ${String(error)}`, "SelvageTraceWarning");
}
