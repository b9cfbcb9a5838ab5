import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { CancelScope } from "@selvage/scope";
import { gather } from "@selvage/task-group";
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
  const began = parent.clock.now();
  // Each takes the next turn when it is done with one: a `map` would keep a result of each, if only an `undefined`.
  async function sendInTurn(scope: CancelScope): Promise<void> {
    while (goesOn(sent)) {
      const turn = sent++;
      const ahead = began + (turn * 1_000) / load.rate - scope.clock.now();
      if (ahead > 0) await scope.sleep(ahead);
      await send(kinds[turn % kinds.length]!, load.port, agent, scope);
    }
  }
  try {
    await gather(
      Array.from({ length: load.concurrency }, () => sendInTurn),
      { parent },
    );
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
