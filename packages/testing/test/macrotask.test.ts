import { afterEach, describe, expect, it, vi } from "vitest";
import { macrotaskOf, nextTurn, queueMacrotask } from "../src/macrotask.js";

const { setImmediate, setTimeout, MessageChannel } = globalThis;

const hosts = {
  setImmediate: { setImmediate, MessageChannel, setTimeout },
  MessageChannel: { MessageChannel, setTimeout },
  setTimeout: { setTimeout },
};

afterEach(() => {
  vi.useRealTimers();
});

describe("macrotaskOf", () => {
  for (const [name, host] of Object.entries(hosts)) {
    it(`the callback runs once the microtasks have run, by ${name}`, async () => {
      const order: string[] = [];
      await new Promise<void>((resolve) => {
        macrotaskOf(host)(() => {
          order.push("macrotask");
          resolve();
        });
        void Promise.resolve()
          .then(() => order.push("microtask"))
          .then(() => order.push("microtask of a microtask"));
        order.push("synchronous");
      });
      expect(order).toEqual(["synchronous", "microtask", "microtask of a microtask", "macrotask"]);
    });

    it(`the callbacks run in the order of the calls, by ${name}`, async () => {
      const queue = macrotaskOf(host);
      const order: number[] = [];
      await new Promise<void>((resolve) => {
        queue(() => order.push(1));
        queue(() => order.push(2));
        queue(resolve);
      });
      expect(order).toEqual([1, 2]);
    });

    it(`each callback runs in a separate turn, by ${name}`, async () => {
      const queue = macrotaskOf(host);
      const order: string[] = [];
      const note = (name: string): void => {
        order.push(name);
        queueMicrotask(() => order.push(`microtask of ${name}`));
      };
      await new Promise<void>((resolve) => {
        queue(() => {
          note("one");
          queue(() => note("three"));
          queue(resolve);
        });
        queue(() => note("two"));
      });
      expect(order).toEqual(["one", "two", "three"].flatMap((name) => [name, `microtask of ${name}`]));
    });
  }

  it("macrotaskOf prefers setImmediate, then MessageChannel, then setTimeout", () => {
    const used: string[] = [];
    class Channel {
      port1 = { onmessage: null, close: () => {} };
      port2 = { postMessage: () => used.push("MessageChannel") };
    }
    const fakes = {
      setImmediate: () => used.push("setImmediate"),
      MessageChannel: Channel,
      setTimeout: () => used.push("setTimeout"),
    };
    macrotaskOf(fakes)(() => {});
    macrotaskOf({ MessageChannel: fakes.MessageChannel, setTimeout: fakes.setTimeout })(() => {});
    macrotaskOf({ setTimeout: fakes.setTimeout })(() => {});
    expect(used).toEqual(["setImmediate", "MessageChannel", "setTimeout"]);
  });

  it("macrotaskOf closes the port of a channel, which would keep the process alive", async () => {
    const closed: boolean[] = [];
    class Channel {
      port1 = { onmessage: null as (() => void) | null, close: () => closed.push(true) };
      port2 = {
        postMessage: () => {
          queueMicrotask(() => this.port1.onmessage?.());
        },
      };
    }
    await new Promise<void>((resolve) => {
      macrotaskOf({ MessageChannel: Channel, setTimeout })(resolve);
    });
    expect(closed).toEqual([true]);
  });
});

describe("queueMacrotask", () => {
  it("queueMacrotask is not blocked by fake timers that were installed later", async () => {
    vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout", "queueMicrotask"] });
    await new Promise<void>((resolve) => {
      queueMacrotask(resolve);
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("nextTurn", () => {
  it("nextTurn resolves after the microtasks that were queued before and meanwhile", async () => {
    const order: string[] = [];
    const turn = nextTurn().then(() => order.push("turn"));
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => order.push("microtasks"));
    await turn;
    expect(order).toEqual(["microtasks", "turn"]);
  });
});
