import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { moveOnAfter, timeout, TimeoutError } from "@selvage/timeout";

const user = new AbortController().signal;
const hang = (parent: AbortSignal): Promise<unknown> => CancelScope.run((scope) => scope.sleep(Infinity), { parent });

describe("a timeout whose signal is used through a derived signal", () => {
  it("a timeout around a scope under AbortSignal.any becomes a TimeoutError (S8, O1)", async () => {
    const running = timeout(5, (t) => hang(AbortSignal.any([t.signal, user])));
    await expect(running).rejects.toThrow(TimeoutError);
  });

  it("moveOnAfter around a derived signal resolves undefined (S8, O7)", async () => {
    const running = moveOnAfter(5, (t) => hang(AbortSignal.any([t.signal, user])));
    expect(await running).toBeUndefined();
  });

  it("the outermost timeout of a chain of timeouts and signals converts (S8, O4)", async () => {
    const running = timeout(5, (outer) =>
      timeout(60_000, (inner) => hang(AbortSignal.any([inner.signal])), {
        parent: AbortSignal.any([outer.signal, user]),
      }),
    );
    await expect(running).rejects.toThrow("5 ms");
  });

  it("a timeout becomes a TimeoutError if node:http rejects with ECONNRESET (S15, O1)", async () => {
    const server = createServer((_, response) => void response.write("the beginning"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const running = timeout(50, async ({ signal }) => {
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          get(url, { signal }, resolve).on("error", reject);
        });
        let text = "";
        for await (const chunk of response) text += String(chunk);
        return text;
      });
      await expect(running).rejects.toThrow(TimeoutError);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
