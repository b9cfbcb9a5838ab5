/** The real things that a stream may read, each with the evidence that it was released. */
import { once } from "node:events";
import { createReadStream, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { Broadcast, Channel } from "@selvage/channel";
import { expect } from "vitest";
import { CancelScope, type ItemSource } from "../src/index.js";

/** A source that is open. It has at least one item, and then either hangs or ends. */
interface Opened {
  readonly source: ItemSource<unknown>;
  /** Makes it fail after the first item. Not called if it was opened so that it fails by itself. */
  fail(): void;
  /** Resolves when it was released, which may be a moment after the loop has ended. It rejects if it was released wrongly. */
  released(): Promise<void>;
}

export interface RealSource {
  readonly what: string;
  /** Whether it waits for ever after its first items. */
  readonly hangs: boolean;
  /** The message of its failure. */
  readonly failure: RegExp;
  /** Opens it. `fails`: it may fail by itself, after the first item. */
  readonly open: (fails: boolean) => Opened | Promise<Opened>;
}

const no = (): void => {};
const down = new Error("the source is down");
const DOWN = /the source is down/;

/** The servers and the file that the sources use. */
export class Outside implements AsyncDisposable {
  readonly tcp: Server = createServer();
  readonly http: HttpServer = createHttpServer();
  #folder = "";

  async start(): Promise<void> {
    for (const server of [this.tcp, this.http]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    this.#folder = await mkdtemp(join(tmpdir(), "selvage-"));
    await writeFile(this.file, "x".repeat(100_000));
  }

  get file(): string {
    return join(this.#folder, "file");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.http.closeAllConnections(); // those that the agent of fetch keeps
    for (const server of [this.tcp, this.http]) {
      server.close();
      await once(server, "close"); // waits for the connections
    }
    await rm(this.#folder, { recursive: true });
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Resolves when no connection of a server is left. */
async function disconnected(server: Server): Promise<void> {
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.getConnections((error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  while ((await connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
}

/** Watches a Node stream: returns a function that waits for its end, and checks that it is destroyed and has no listener of ours. */
function watchStream(stream: Readable): () => Promise<void> {
  const before = listeners(stream);
  const closed = new Promise((resolve) => stream.once("close", resolve));
  return async () => {
    await closed;
    expect(stream.destroyed).toBe(true);
    const after = listeners(stream);
    for (const [name, count] of before) after.set(name, after.get(name)! - count);
    for (const [name, count] of await listenersOfNode()) after.set(name, (after.get(name) ?? 0) - count);
    const ours = [...after].filter(([, count]) => count > 0);
    // Without a listener, an error of a stream that is destroyed would end the process.
    expect(ours.filter(([name, count]) => name !== "error" || count > 1)).toEqual([]);
  };
}

function listeners(stream: Readable): Map<string | symbol, number> {
  return new Map(stream.eventNames().map((name) => [name, stream.listenerCount(name)]));
}

/** What Node's own iterator leaves on a stream when a `for await` is left. */
async function listenersOfNode(): Promise<Map<string | symbol, number>> {
  const stream = new PassThrough();
  stream.write("item");
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return!();
  return listeners(stream);
}

export const realSources = (outside: Outside): readonly RealSource[] => [
  {
    what: "a TCP socket",
    hangs: true,
    failure: /ECONNRESET/,
    async open() {
      const connected = once(outside.tcp, "connection") as Promise<[Socket]>;
      const socket = connect(portOf(outside.tcp), "127.0.0.1");
      const [peer] = await connected;
      const ended = new Promise((resolve) => peer.on("error", no).once("close", resolve).resume());
      peer.write("hello");
      const destroyed = watchStream(socket);
      return {
        source: socket,
        fail: () => void peer.resetAndDestroy(),
        async released() {
          await destroyed();
          await ended;
          await disconnected(outside.tcp);
        },
      };
    },
  },
  {
    what: "the body of a fetch",
    hangs: true,
    failure: /terminated/,
    async open() {
      const asked = once(outside.http, "request") as Promise<[unknown, ServerResponse]>;
      const fetching = fetch(`http://127.0.0.1:${portOf(outside.http)}`);
      const [, response] = await asked;
      response.write("hello");
      const { socket } = response;
      const ended = new Promise((resolve) => socket!.once("close", resolve));
      const { body } = await fetching;
      return {
        source: body as ItemSource<unknown>,
        fail: () => void response.destroy(),
        async released() {
          await ended; // the agent of fetch may have opened another connection, which is idle
          expect(body!.locked).toBe(false);
        },
      };
    },
  },
  {
    what: "a file",
    hangs: false,
    failure: DOWN,
    open() {
      const stream = createReadStream(outside.file, { highWaterMark: 1_000 });
      const destroyed = watchStream(stream);
      return {
        source: stream,
        fail: () => void stream.destroy(down),
        async released() {
          await destroyed();
          expect(openFiles(outside.file)).toBe(0);
        },
      };
    },
  },
  {
    what: "a Readable of a generator",
    hangs: false,
    failure: DOWN,
    open(fails) {
      let ends = 0;
      const stream = Readable.from(numbers(fails, () => ends++));
      const destroyed = watchStream(stream);
      return {
        source: stream,
        fail: no,
        async released() {
          await destroyed();
          expect(ends).toBe(1);
        },
      };
    },
  },
  {
    what: "a web stream",
    hangs: true,
    failure: DOWN,
    open() {
      let cancels = 0;
      let hasFailed = false;
      let controller: ReadableStreamDefaultController<number>;
      const stream = new ReadableStream<number>({
        start: (own) => {
          controller = own;
          for (let item = 0; item < 3; item++) own.enqueue(item);
        },
        cancel: () => {
          cancels++;
        },
      });
      return {
        source: stream as unknown as ItemSource<unknown>,
        fail: () => {
          hasFailed = true;
          controller.error(down);
        },
        async released() {
          expect([cancels, stream.locked]).toEqual([hasFailed ? 0 : 1, false]);
        },
      };
    },
  },
  {
    what: "an iterator that hangs",
    hangs: true,
    failure: DOWN,
    open() {
      let returns = 0;
      let fail: ((error: Error) => void) | undefined;
      let pulled = 0;
      const failure = new Promise<never>((_, reject) => (fail = reject));
      failure.catch(no);
      const iterator: AsyncIterator<number> = {
        next: () => (pulled++ < 3 ? Promise.resolve({ done: false, value: pulled }) : failure),
        return: async () => (returns++, { done: true, value: undefined }),
      };
      let hasFailed = false;
      return {
        source: { [Symbol.asyncIterator]: () => iterator },
        fail: () => {
          hasFailed = true;
          fail!(down);
        },
        async released() {
          expect(returns).toBe(hasFailed ? 0 : 1);
        },
      };
    },
  },
  {
    what: "an async generator",
    hangs: false,
    failure: DOWN,
    open(fails) {
      let ends = 0;
      return {
        source: numbers(fails, () => ends++),
        fail: no,
        async released() {
          while (ends === 0) await new Promise((resolve) => setImmediate(resolve)); // not waited for while its `next` was pending
          expect(ends).toBe(1);
        },
      };
    },
  },
  {
    what: "a generator",
    hangs: false,
    failure: DOWN,
    open(fails) {
      let ends = 0;
      const source = (function* () {
        try {
          for (let item = 0; item < 50; item++) {
            if (item === 2 && fails) throw down;
            yield item;
          }
        } finally {
          ends++;
        }
      })();
      return { source, fail: no, released: async () => expect(ends).toBe(1) };
    },
  },
  {
    what: "a function of the scope",
    hangs: true,
    failure: DOWN,
    open() {
      let ends = 0;
      let fail = no;
      async function* items(scope: CancelScope): AsyncGenerator<number> {
        const wait = new Promise<void>((_, reject) => {
          fail = () => {
            reject(down);
          };
        });
        wait.catch(no);
        try {
          for (let item = 0; item < 3; item++) yield item;
          await scope.race(wait);
        } finally {
          ends++;
        }
      }
      return {
        source: items,
        fail: () => {
          fail();
        },
        async released() {
          while (ends === 0) await new Promise((resolve) => setImmediate(resolve));
          expect(ends).toBe(1);
        },
      };
    },
  },
  {
    what: "a channel",
    hangs: true,
    failure: DOWN,
    open() {
      const channel = new Channel<number>({ capacity: 100 });
      for (let item = 0; item < 3; item++) channel.trySend(item);
      let hasFailed = false;
      return {
        source: channel,
        fail: () => {
          hasFailed = true;
          channel.close(down);
        },
        async released() {
          expect(channel.waiting).toBe(0);
          if (!hasFailed) expect(channel.trySend(3)).toBe(true); // the channel stays open
        },
      };
    },
  },
  {
    what: "a subscription of a Broadcast",
    hangs: true,
    failure: DOWN,
    open() {
      const scope = new CancelScope({ parent: null });
      const broadcast = new Broadcast<number>();
      const subscription = broadcast.subscribe(scope, { capacity: 100 });
      for (let item = 0; item < 3; item++) void broadcast.send(scope, item);
      let hasFailed = false;
      return {
        source: subscription,
        fail: () => {
          hasFailed = true;
          broadcast.close(down);
        },
        async released() {
          if (!hasFailed) {
            expect(broadcast.size).toBe(1); // the subscription belongs to its scope, and not to the loop
            await broadcast.send(scope, 3); // and nothing takes this item
            expect(subscription.size).toBeGreaterThan(0);
          }
          scope.close(); // throws if a wait is left below it
          expect(broadcast.size).toBe(0);
        },
      };
    },
  },
];

/** Fifty items, each in a turn of the event loop. */
async function* numbers(fails: boolean, ended: () => void): AsyncGenerator<number> {
  try {
    for (let item = 0; item < 50; item++) {
      if (item === 2 && fails) throw down;
      yield item;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    ended();
  }
}

/** How many descriptors of a file this process has. */
function openFiles(file: string): number {
  const links = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return undefined; // the descriptor of the folder itself
    }
  });
  return links.filter((link) => link === file).length;
}
