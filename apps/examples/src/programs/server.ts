import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { run } from "@selvage/runner";
import { Supervisor } from "@selvage/supervisor";
import { NativeTimers } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import { respond, visit } from "./work/respond.js";

/*
 * A server that runs until it receives SIGTERM. Clients request a page that works and one that does not, then a slow
 * one and an endless one. The SIGTERM comes while the last two run.
 *
 * Look at: what the last two clients get, and what the server knows about it. Each request is a task of the
 * Supervisor: the broken one does not affect the others. The drain gives the slow one time to end, and cancels the
 * endless one, which still answers.
 */
export const program: Program = {
  name: "server",
  description: "a long-lived HTTP server that shuts down on SIGTERM and reports the outcome",
  async run(stage) {
    await withoutOwner(stage);
    await withSupervisor(stage);
  },
};

async function withoutOwner({ out, clock }: Stage): Promise<void> {
  out("requests without an owner");
  const timers = new NativeTimers(clock);
  const server = createServer((request, response) => {
    respond(request, response, timers).catch((error: unknown) => out(`  ${request.url} failed: ${String(error)}`));
  });
  const visits = visit(await listen(server));
  await once(process, "SIGTERM");
  out("  SIGTERM: closing");
  server.close(); // New connections are refused. The existing ones would keep it open for ever:
  server.closeAllConnections();
  for (const result of await visits) out(`  a client got ${result}`);
}

async function withSupervisor({ out, clock }: Stage): Promise<void> {
  out("Supervisor");
  const results = await run(async (main) => {
    let visits: Promise<string[]> | undefined;
    await Supervisor.run(
      async (requests) => {
        visits = visit(await serve(requests, out));
        await requests.scope.sleep(Infinity); // until the last request has ended, after the signal
      },
      {
        parent: main,
        clock,
        name: "the server",
        drain: { grace: 1_000, timeout: 5_000 }, // the signal cancels the main, which begins the drain
        onError: (error, task) => out(`  ${task.name} failed: ${String(error)}`),
      },
    );
    return visits;
  });
  for (const result of results!) out(`  a client got ${result}`);
}

/** Answers each request in a separate task; stops listening when the shutdown begins. Returns the address. */
async function serve(requests: Supervisor, out: (line: string) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (requests.stopping) {
      response.writeHead(503).end("closing"); // The request came over an open connection.
    } else {
      requests.createTask((scope) => respond(request, response, scope), { name: request.url });
    }
  });
  requests.onShutdown(() => {
    server.close();
    // All callers share one shutdown and its report. With this grace the call shortens nothing.
    void requests.shutdown({ grace: Infinity }).then((report) => {
      server.closeAllConnections();
      out(`  of the requests under way ${report.completed} completed, ${report.cancelled} was cancelled`);
      out(`  abandoned: ${report.abandoned.length}; it took ${Math.round(report.elapsed / 100) / 10} s`);
    });
    out("  SIGTERM: closing, within a second");
  });
  return await listen(server);
}

/** Makes a server listen on a free port of this machine; returns its address. */
async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
