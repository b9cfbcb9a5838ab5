import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancelScope, isCancellation } from "@selvage/scope";

/** Sends the beginning of a body, and sends nothing for the path /silent. */
const server = createServer((request, response) => {
  if (request.url !== "/silent") response.write("the beginning");
});
let url = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}

const cancelled = new CancelScope();
cancelled.cancel();
const live = new CancelScope();

describe("hasAbortShape", () => {
  it("a node:http body that its signal destroyed has an abort shape (S15)", async () => {
    const scope = new CancelScope();
    const response = await new Promise<IncomingMessage>((resolve) => get(url, { signal: scope.signal }, resolve));
    const reading = (async () => {
      for await (const chunk of response) scope.cancel(chunk);
    })();
    const error = await errorOf(reading);
    expect(error).toMatchObject({ code: "ECONNRESET", message: "aborted" });
    expect([isCancellation(error, scope), isCancellation(error, live)]).toEqual([true, false]);
  });

  it("a node:http request that was destroyed has an abort shape (S15)", async () => {
    const request = get(`${url}/silent`);
    const error = errorOf(new Promise((_, reject) => request.on("error", reject)));
    request.destroy();
    expect(await error).toMatchObject({ code: "ECONNRESET", message: "socket hang up" });
    expect(isCancellation(await error, cancelled)).toBe(true);
  });

  it("a stream that was destroyed has an abort shape (S15)", async () => {
    const stream = new Readable({ read() {} });
    const reading = errorOf(
      pipeline(stream, async (source) => {
        for await (const chunk of source) throw new Error("nothing comes", { cause: chunk });
      }),
    );
    stream.destroy();
    expect(await reading).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    expect(isCancellation(await reading, cancelled)).toBe(true);
  });
});
