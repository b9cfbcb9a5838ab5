/** Leaves stalled sources early. The process ends by itself only if nothing of them is left. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { CancelScope, map, mapSettled } from "@selvage/task-group";

const tcp = createTcpServer((peer) => {
  peer.on("error", () => {}).resume();
  peer.write("hello");
});
const http = createServer((_, response) => {
  response.write("hello");
});
for (const server of [tcp, http]) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref(); // the connections are not unreferenced: they keep the process alive until they end
}
const port = (server: typeof tcp): number => (server.address() as { port: number }).port;

function hanging(method: "next" | "return"): AsyncIterable<unknown> {
  const next = async (): Promise<unknown> => ({ done: false, value: 1 });
  const iterator = { next, return: async () => ({ done: true }), [method]: () => new Promise(() => {}) };
  let first = true;
  if (method === "next") iterator.next = () => (first ? ((first = false), next()) : new Promise(() => {}));
  return { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<unknown>;
}

const kind = process.title; // node --title=socket
async function open(): Promise<AsyncIterable<unknown>> {
  if (kind === "socket") return connect(port(tcp), "127.0.0.1");
  if (kind === "fetch") return (await fetch(`http://127.0.0.1:${port(http)}`)).body!;
  return hanging(kind as "next");
}

const forever = (_: unknown, scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const limit = kind === "return" ? 1 : 2;
// Under a deadline, because a `return` that hangs is waited for until an outer owner cancels.
const bounded = new CancelScope({ deadline: performance.now() + 200 });
const alive = setTimeout(() => {}, 400);
await map(await open(), () => Promise.reject(new Error("call")), { parent: bounded, limit }).catch(() => {
  console.log("failed");
});
const caller = new CancelScope();
const mapping = map(await open(), forever, { parent: caller, limit });
setTimeout(() => {
  caller.cancel();
}, 20);
await mapping.catch(() => {
  console.log("cancelled");
});
const outer = new CancelScope({ deadline: performance.now() + 100 });
await mapSettled(await open(), forever, { parent: outer, limit, within: 20 }).then(() => {
  console.log("timed out");
});
clearTimeout(alive);
http.closeIdleConnections();
