/** Leaves loops over sources that hang. The process ends by itself only if nothing of them is left. */
import { EventEmitter, once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { Broadcast, Channel } from "@selvage/channel";
import {
  batch,
  CancelScope,
  debounce,
  fromEvents,
  type ItemSource,
  mapStream,
  merge,
  type Results,
  switchMap,
  throttle,
} from "@selvage/stream";

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
  let count = 0;
  const next = (): Promise<unknown> =>
    method === "next" && count++ > 1 ? new Promise(() => {}) : Promise.resolve({ done: false, value: 1 });
  const end = (): Promise<unknown> =>
    method === "return" ? new Promise(() => {}) : Promise.resolve({ done: true, value: undefined });
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) } as AsyncIterable<unknown>;
}

const kind = process.title; // node --title=socket
async function open(): Promise<ItemSource<unknown>> {
  switch (kind) {
    case "socket":
      return connect(port(tcp), "127.0.0.1");
    case "fetch":
      return (await fetch(`http://127.0.0.1:${port(http)}`)).body as unknown as ItemSource<unknown>;
    case "file":
      return createReadStream(process.execPath, { highWaterMark: 1_000 });
    case "stdin":
      return process.stdin;
    case "channel": {
      const channel = new Channel<number>({ capacity: 3 });
      for (let item = 0; item < 3; item++) channel.trySend(item);
      return channel;
    }
    case "broadcast": {
      const scope = new CancelScope({ parent: null });
      const broadcast = new Broadcast<number>();
      const subscription = broadcast.subscribe(scope, { capacity: 3 });
      for (let item = 0; item < 3; item++) await broadcast.send(scope, item);
      return subscription;
    }
    case "events": {
      const emitter = new EventEmitter();
      const events = fromEvents(new CancelScope({ parent: null }), emitter, "item");
      for (let item = 0; item < 3; item++) emitter.emit("item", item);
      return events;
    }
    default:
      return hanging(kind as "next");
  }
}

const itself = async (item: unknown, scope: CancelScope): Promise<unknown> => {
  await scope.checkpoint();
  return item;
};
type Read = (source: ItemSource<unknown>, parent: CancelScope) => Results<unknown>;
const reads: readonly Read[] = [
  (source, parent) => mapStream(source, itself, { limit: 3, parent }),
  (source, parent) => mapStream(source, itself, { limit: 1, ordered: true, parent }),
  (source, parent) => merge([source, hanging("next")], { parent }),
  (source, parent) => batch(source, { size: 2, within: 5, parent }),
  // They read a source that never waits for ever.
  ...(kind === "return"
    ? []
    : ([
        (source, parent) => debounce(source, 2, { parent }),
        (source, parent) => throttle(source, 2, { parent }),
        (source, parent) => switchMap(source, itself, { parent }),
      ] satisfies Read[])),
];

for (const read of reads) {
  const outer = new CancelScope({ parent: null });
  // A `return` that hangs is waited for until an outer owner cancels.
  if (kind === "return") setTimeout(() => outer.cancel(), 5);
  for await (const item of read(await open(), outer)) {
    if (item !== undefined) break;
  }
}
console.log("left");
const outer = new CancelScope({ parent: null });
for (const read of reads) {
  const results = read(await open(), outer);
  await results.next();
  results.next().catch(() => {});
}
setImmediate(() => outer.cancel());
