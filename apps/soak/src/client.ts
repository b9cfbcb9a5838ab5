import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import type { CancelScope } from "@selvage/scope";
import type { Supervisor } from "@selvage/supervisor";
import { gather } from "@selvage/task-group";
import type { Kind } from "./kind.js";

export interface Load {
  readonly port: number;
  /** The number of concurrent requests. */
  readonly concurrency: number;
  /** The maximum number of requests per second. */
  readonly rate: number;
  /** Whether the server has stopped accepting connections: from then on they may be refused and reset. */
  readonly isStopping: () => boolean;
}

/** The result of a request, as its client saw it. */
export interface Sent {
  /** Its name on the server. */
  readonly name: string;
  readonly kind: Kind;
  /** The status of its answer; `undefined` if there was none. */
  readonly answer: number | undefined;
}

/**
 * Sends requests until `next` has no more; it is called for each turn, from 0. Each request is a task of `clients`:
 * if a supervisor kept a link to each of its tasks, this would show in the heap.
 */
export async function sendRequests(
  load: Load,
  clients: Supervisor,
  next: (turn: number) => Kind | undefined,
): Promise<Sent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.concurrency });
  const sockets = new Set<Socket>();
  const sent: Sent[] = [];
  let turns = 0;
  const began = clients.scope.clock.now();
  // Each client takes the next turn when it is done with one. A `map` would keep a result for each turn, even if it
  // is `undefined`.
  async function sendInTurn(scope: CancelScope): Promise<void> {
    for (;;) {
      const turn = turns++;
      const ahead = began + (turn * 1_000) / load.rate - scope.clock.now();
      if (ahead > 0) await scope.sleep(ahead);
      const kind = next(turn);
      if (kind === undefined) return;
      const path = `/${kind}/${turn}`;
      const answer = await clients.createTask((own) => send(kind, path, load, agent, sockets, own));
      sent.push({ name: path, kind, answer });
    }
  }
  try {
    await gather(
      Array.from({ length: load.concurrency }, () => sendInTurn),
      { parent: clients.scope },
    );
  } finally {
    agent.destroy();
    await Promise.all([...sockets].map((socket) => closed(socket)));
  }
  return sent;
}

/** Resolves with the status of the answer, or `undefined` if the connection was refused or reset. */
async function send(
  kind: Kind,
  path: string,
  { port, isStopping }: Load,
  agent: Agent,
  sockets: Set<Socket>,
  scope: CancelScope,
): Promise<number | undefined> {
  const outgoing = request({ host: "127.0.0.1", port, path, agent, signal: scope.signal });
  outgoing.on("error", () => {}); // the promise that is awaited below rejects with it
  outgoing.once("socket", (socket) => {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  outgoing.end();
  try {
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    if (kind === "left" && response.statusCode === 200) {
      response.on("error", () => {}); // "aborted", by this client
      response.destroy();
    } else {
      response.resume();
      await once(response, "end");
    }
    return response.statusCode;
  } catch (error) {
    scope.throwIfCancelled();
    const { code } = error as NodeJS.ErrnoException;
    if (isStopping() && (code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE")) return undefined;
    throw error;
  }
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}
