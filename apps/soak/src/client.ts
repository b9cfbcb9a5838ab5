import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { CancelScope } from "@selvage/scope";
import { map } from "@selvage/task-group";
import { type Kind, kinds, outcomes } from "./kind.js";

export interface Load {
  readonly port: number;
  /** How many requests are under way at once. */
  readonly concurrency: number;
  /** How many begin in a second, at most. */
  readonly rate: number;
}

/** Sends requests of all kinds in turn until `goesOn` says no; throws where one is not answered as it should be. Returns how many there were. */
export async function sendRequests(
  load: Load,
  goesOn: (sent: number) => boolean,
  parent: CancelScope,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.concurrency });
  let sent = 0;
  async function* turns(): AsyncGenerator<Kind> {
    const began = parent.clock.now();
    while (goesOn(sent)) {
      const ahead = began + (sent * 1_000) / load.rate - parent.clock.now();
      if (ahead > 0) await parent.sleep(ahead);
      yield kinds[sent++ % kinds.length]!;
    }
  }
  try {
    await map(turns(), (kind, scope): Promise<void> => send(kind, load.port, agent, scope), {
      limit: load.concurrency,
      parent,
    });
  } finally {
    agent.destroy();
  }
  return sent;
}

async function send(kind: Kind, port: number, agent: Agent, scope: CancelScope): Promise<void> {
  const outgoing = request({ host: "127.0.0.1", port, path: `/${kind}`, agent, signal: scope.signal });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  if (kind === "left") {
    response.on("error", () => {}); // "aborted", by none but this
    response.destroy();
  } else {
    response.resume();
    await once(response, "end");
  }
  if (response.statusCode !== outcomes[kind]) {
    throw new Error(`expected ${outcomes[kind]} for a request that is ${kind}, got ${response.statusCode}`);
  }
}
