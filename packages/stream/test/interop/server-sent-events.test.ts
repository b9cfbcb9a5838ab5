import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batch, CancelScope, type ItemSource, mapStream } from "../../src/index.js";

/** The lines of a body. It is an async generator, so that its reader is the one that releases the body. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** The data of Server-Sent Events. Made in the scope of the stream function, so that a cancellation ends the request. */
const events = (url: string) =>
  async function* (scope: CancelScope): AsyncGenerator<string> {
    const { body } = await fetch(url, { signal: scope.signal, headers: { accept: "text/event-stream" } });
    for await (const line of linesOf(body!)) if (line.startsWith("data: ")) yield line.slice(6);
  };

describe("Server-Sent Events", () => {
  let server: Server;
  let url: string;
  let responses: ServerResponse[] = [];
  let closed: Promise<unknown>;
  let onRequest: (response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((_, response) => {
      responses.push(response);
      closed = new Promise((resolve) => response.once("close", resolve));
      response.writeHead(200, { "content-type": "text/event-stream" });
      onRequest(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const send = (count: number) => (response: ServerResponse) => {
    for (let event = 0; event < count; event++) response.write(`event: tick\ndata: ${event}\n\n`);
  };

  it("are read line by line, in batches, to the end (I9, I12)", async () => {
    onRequest = (response) => {
      send(5)(response);
      response.end();
    };
    const batches: string[] = [];
    for await (const items of batch(events(url), { size: 2 })) batches.push(items.join());
    expect(batches).toEqual(["0,1", "2,3", "4"]);
  });

  it("the server sees the end of the connection when the loop is left (I3, I12)", async () => {
    onRequest = send(10); // and stays open
    responses = [];
    for await (const item of mapStream(events(url), Number, { limit: 2, ordered: true })) if (item === 3) break;
    await closed;
    expect(responses.map(({ writableFinished }) => writableFinished)).toEqual([false]);
  });

  it("the server sees it also while the loop waits for the next event, if a scope outside is cancelled (I3, I7)", async () => {
    onRequest = send(2);
    using parent = new CancelScope({ parent: null });
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of mapStream(events(url), Number, { limit: 4, ordered: true, parent })) {
        read.push(item);
        if (item === 1) setImmediate(() => parent.cancel("closed"));
      }
    })();
    expect(await reading.catch((error: unknown) => error)).toBe(parent.reason);
    expect(read).toEqual([0, 1]);
    await closed;
  });

  it("the server sees it if a call fails, and the error is that of the call (I4)", async () => {
    onRequest = send(5);
    const failing = (data: string): number => {
      if (data === "2") throw new Error("not a number");
      return Number(data);
    };
    const reading = (async () => {
      for await (const item of mapStream(events(url), failing, { limit: 1 })) expect(item).toBeLessThan(2);
    })();
    const error: unknown = await reading.catch((error: unknown) => error);
    expect((error as AggregateError).errors).toEqual([new Error("not a number")]);
    await closed;
  });

  it("a server that breaks off in the middle is a failure of the source (I4, I12)", async () => {
    onRequest = (response) => {
      send(1)(response);
      setImmediate(() => response.destroy());
    };
    const reading = (async () => {
      for await (const items of batch(events(url), { size: 10 })) expect(items).toEqual(["0"]);
    })();
    await expect(reading).rejects.toThrow("terminated");
  });

  it("the body of a response is a source by itself, and a request that is refused is its failure (I12)", async () => {
    onRequest = (response) => {
      response.end("text");
    };
    const { body } = await fetch(url);
    const decoder = new TextDecoder();
    const texts = mapStream(body as unknown as ItemSource<Uint8Array>, (bytes) => decoder.decode(bytes), { limit: 1 });
    expect((await texts.next()).value).toBe("text");
    await texts.return();
    const refused = batch(events("http://127.0.0.1:1/"), { size: 1 });
    await expect(refused.next()).rejects.toThrow("fetch failed");
  });
});
