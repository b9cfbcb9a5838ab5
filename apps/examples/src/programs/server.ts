import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CancelScope, ClosedError, Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { respond, visit } from "./work/respond.js";

/*
 * A server that lives until it is told to stop. Clients ask for a page that works and one that does not; then for a slow and an
 * endless one, and while these are under way comes a SIGTERM.
 *
 * Look at: what the last two clients get, and what the server knows of it. A request is a task of the Supervisor: the broken one
 * harms no other, the shutdown gives the slow one time to end, and cancels the endless one, which still answers.
 */
export const program: Program = {
  name: "server",
  description: "a long-lived HTTP server that shuts down on SIGTERM and says what became of it",
  async run(stage) {
    await withoutOwner(stage);
    await withSupervisor(stage);
  },
};

async function withoutOwner({ out, clock }: Stage): Promise<void> {
  out("requests owned by nobody");
  const timers = new NativeTimers(clock);
  const server = createServer((request, response) => {
    respond(request, response, timers).catch((error: unknown) => out(`  ${request.url} failed: ${String(error)}`));
  });
  const visits = visit(await listen(server));
  await once(process, "SIGTERM");
  out("  SIGTERM: closing");
  server.close(); // New connections are refused. Those there are would keep it open for ever:
  server.closeAllConnections();
  for (const result of await visits) out(`  a client got ${result}`);
}

async function withSupervisor({ out, clock }: Stage): Promise<void> {
  out("Supervisor");
  const results = await TaskGroup.run(
    async (group) => {
      const url = await group.start<string>((scope, started) => serve(scope, started, out));
      return visit(url);
    },
    { clock },
  );
  for (const result of results) out(`  a client got ${result}`);
}

async function serve(scope: CancelScope, started: (url: string) => void, out: (line: string) => void): Promise<void> {
  await using requests = new Supervisor({
    parent: scope,
    name: "the server",
    onError(error, task) {
      out(`  ${task.name} failed: ${String(error)}`);
    },
  });
  const server = createServer((request, response) => {
    try {
      requests.createTask((scope) => respond(request, response, scope), { name: request.url });
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error;
      response.writeHead(503).end("closing"); // It came over an open connection after the shutdown had begun.
    }
  });
  try {
    started(await listen(server));
    await once(process, "SIGTERM", { signal: scope.signal });
    out("  SIGTERM: closing, within a second");
    server.close();
    const report = await requests.shutdown({ grace: 1_000, timeout: 5_000, reason: "SIGTERM" });
    out(`  of the requests under way ${report.completed} completed, ${report.cancelled} was cancelled`);
    out(`  abandoned: ${report.abandoned.length}; it took ${Math.round(report.elapsed / 100) / 10} s`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Has a server listen on a free port of this machine; returns its address. */
async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
