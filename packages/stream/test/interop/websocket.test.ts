import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Broadcast } from "@selvage/channel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { CancelScope, fromEvents, mapStream } from "../../src/index.js";

interface Message {
  readonly data: string;
}

/** A WebSocket client and its peer. Messages are read with `fromEvents`, and go to consumers through a Broadcast. */
describe("a WebSocket", () => {
  let server: WebSocketServer;
  let client: WebSocket;
  let peer: WebSocket;
  let listeners: number;

  const listenersOf = (socket: WebSocket): number =>
    socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0);

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const connection = once(server, "connection") as Promise<[WebSocket]>;
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [[peer]] = await Promise.all([connection, once(client, "open")]);
    listeners = listenersOf(client);
  });

  afterEach(async () => {
    for (const socket of [client, peer]) {
      if (socket.readyState === WebSocket.CLOSED) continue;
      const closed = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
      socket.terminate();
      await closed;
    }
    server.close();
    await once(server, "close");
  });

  it("gives its messages to three consumers, and ends with the connection (I10, Q11)", async () => {
    const log: string[] = [];
    await CancelScope.run(async (scope) => {
      const messages = fromEvents<Message>(scope, client, "message", { until: "close" });
      const shared = new Broadcast<string>({ name: "messages" });
      const consume = async (name: string): Promise<void> => {
        for await (const text of mapStream(shared.subscribe(scope, { capacity: 4 }), (text) => text, {
          limit: 1,
          ordered: true,
          parent: scope,
        })) {
          log.push(`${name}${text}`);
        }
        log.push(`${name}.`);
      };
      const consumers = ["a", "b", "c"].map(consume);
      for (let count = 0; count < 20; count++) peer.send(String(count));
      peer.close();
      for await (const { data } of messages) await shared.send(scope, data);
      shared.close();
      await Promise.all(consumers);
    });
    const numbers = Array.from({ length: 20 }, (_, count) => String(count));
    for (const name of ["a", "b", "c"]) {
      expect(log.filter((line) => line.startsWith(name))).toEqual([...numbers, "."].map((text) => name + text));
    }
    expect(listenersOf(client)).toBe(listeners);
  });

  it("a consumer that leaves, or lags, does not affect the others (Q11)", async () => {
    const read: string[] = [];
    await CancelScope.run(async (scope) => {
      const messages = fromEvents<Message>(scope, client, "message", { until: "close" });
      const shared = new Broadcast<string>();
      const leaving = shared.subscribe(scope, { capacity: 1 });
      const lagging = shared.subscribe(scope, { capacity: 1, overflow: "error" });
      const all = shared.subscribe(scope, { capacity: 1 });
      const consumers = [
        (async () => {
          for await (const text of leaving.items(scope)) if (text === "2") break;
          leaving.close();
        })(),
        (async () => {
          for await (const text of all.items(scope)) read.push(text);
        })(),
      ];
      for (let count = 0; count < 10; count++) peer.send(String(count));
      peer.close();
      for await (const { data } of messages) await shared.send(scope, data);
      shared.close();
      await Promise.all(consumers);
      expect(read.join("")).toBe("0123456789");
      await expect(lagging.receive(scope)).rejects.toMatchObject({ missed: 9 });
      expect(await lagging.receive(scope)).toBe("9");
    });
  });

  it("a failure of the connection rejects the loop, and removes all listeners (I10)", async () => {
    await CancelScope.run(async (scope) => {
      const messages = fromEvents<Message>(scope, client, "message", { until: "close" });
      peer.send("one");
      expect((await messages.next()).value).toMatchObject({ data: "one" });
      const pending = messages.next();
      const { _socket: socket } = peer as unknown as { _socket: { write(bytes: Uint8Array): void } };
      client.once("error", () => {}); // it is emitted before `close`
      socket.write(Uint8Array.of(0xff, 0xff, 0xff)); // no valid frame
      await expect(pending).rejects.toThrow(/Invalid WebSocket frame/);
    });
    expect(listenersOf(client)).toBeLessThanOrEqual(listeners);
  });

  it("leaving the loop removes the listeners and leaves the connection open, so that its owner closes it (I3, I10)", async () => {
    await CancelScope.run(async (scope) => {
      peer.send("one");
      peer.send("two");
      for await (const { data } of fromEvents<Message>(scope, client, "message", { until: "close" })) {
        expect(data).toBe("one");
        break;
      }
      expect([listenersOf(client), client.readyState]).toEqual([listeners, WebSocket.OPEN]);
      const closed = once(peer, "close");
      client.close();
      await closed;
    });
  });

  it("a cancellation removes the listeners; a scope that owns the connection closes it, and the peer sees that (I7, I10)", async () => {
    const closed = once(peer, "close");
    const scope = new CancelScope({ parent: null });
    scope.onCancel(() => {
      client.close(1001, "cancelled");
    });
    const reading = (async () => {
      for await (const { data } of fromEvents<Message>(scope, client, "message")) if (data === "stop") scope.cancel();
    })();
    peer.send("go on");
    peer.send("stop");
    await expect(reading).rejects.toBeDefined();
    const [code] = (await closed) as [number];
    expect(code).toBe(1001);
    expect(client.listenerCount("message")).toBe(0);
  });

  it("a consumer that is too slow ends the loop with LaggedError, not the process with its memory (I10)", async () => {
    await CancelScope.run(async (scope) => {
      const messages = fromEvents<Message>(scope, client, "message", { capacity: 10, until: "close" });
      for (let count = 0; count < 100; count++) peer.send(String(count));
      peer.close();
      await once(client, "close");
      const read: string[] = [];
      const reading = (async () => {
        for await (const { data } of messages) read.push(data);
      })();
      await expect(reading).rejects.toMatchObject({ name: "LaggedError" });
      expect(read).toHaveLength(10);
    });
  });
});
