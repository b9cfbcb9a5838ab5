import { CancelScope } from "@selvage/scope";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sequence, settled, VirtualClock } from "../src/index.js";
import { nextTurn } from "../src/macrotask.js";
import { blocked, noteActivity } from "../src/settled.js";

afterEach(() => {
  vi.useRealTimers();
});

async function turns(count: number, eachTurn: () => void = () => {}): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await nextTurn();
    eachTurn();
  }
}

describe("settled", () => {
  it("settled waits for a chain of promises, however long (C2)", async () => {
    let length = 0;
    async function chain(): Promise<void> {
      while (length < 10_000) length += await Promise.resolve(1);
    }
    void chain();
    await settled();
    expect(length).toBe(10_000);
  });

  it("settled waits for what the microtasks and ticks of the platform queue (C2)", async () => {
    const ran: string[] = [];
    queueMicrotask(() => {
      process.nextTick(() => {
        queueMicrotask(() => ran.push("microtask of a tick of a microtask"));
      });
    });
    await settled();
    expect(ran).toHaveLength(1);
  });

  it("settled waits for a chain of ten macrotasks, and not for a longer one that it cannot see (C2)", async () => {
    let seen = 0;
    void turns(11, () => seen++);
    await settled();
    expect(seen).toBe(10);
    await settled();
    expect(seen).toBe(11);
  });

  it.each([undefined, 1, 2])(
    "settled waits for every checkpoint on a virtual clock, however many follow each other, with the seed %s (C2)",
    async (seed) => {
      using scope = new CancelScope({ clock: new VirtualClock({ seed }) });
      const log: string[] = [];
      async function walk(name: string): Promise<void> {
        for (let count = 0; count < 500; count++) await scope.checkpoint();
        log.push(name);
      }
      void walk("one");
      void walk("other");
      await settled();
      expect(log.sort()).toEqual(["one", "other"]);
    },
  );

  it("settled starts counting again whenever a timer is set, cleared or fired, or a point is passed (C2)", async () => {
    const clock = new VirtualClock();
    const step = sequence();
    const done: string[] = [];
    async function work(): Promise<void> {
      await turns(9);
      const timer = clock.setTimer(() => {}, 1);
      await turns(9);
      clock.clearTimer(timer);
      await turns(9);
      await step(0);
      await turns(9);
      done.push("all of it");
    }
    void work();
    await settled();
    expect(done).toEqual(["all of it"]);
  });

  it("settled stops waiting for a program that never rests, after 10,000 turns (C2)", async () => {
    let going = true;
    let seen = 0;
    async function restless(): Promise<void> {
      while (going) {
        await nextTurn();
        seen++;
        noteActivity();
      }
    }
    const program = restless();
    await settled();
    going = false;
    await program;
    expect(seen).toBeGreaterThanOrEqual(10_000);
    expect(seen).toBeLessThan(10_010);
  });

  it("settled does not move virtual time, also if a clock jumps by itself (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    clock.setTimer(() => {}, 5);
    await settled();
    expect(clock.now()).toBe(0);
    await settled();
    expect([clock.now(), clock.pending]).toEqual([0, 1]);
    await clock.runAll();
    expect(clock.now()).toBe(5);
  });

  it("settled resolves for several callers that wait at once (C2)", async () => {
    await expect(Promise.all([settled(), settled(), settled()])).resolves.toHaveLength(3);
  });

  it("settled resolves after unhandled rejections have been reported", async () => {
    const reported: unknown[] = [];
    const listeners = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (reason) => reported.push(reason));
    try {
      void Promise.reject(new Error("unhandled"));
      await settled();
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    expect(reported).toEqual([new Error("unhandled")]);
  });

  it("settled works under fake timers that were installed later", async () => {
    vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout", "queueMicrotask", "performance"] });
    await settled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("blocked", () => {
  it("blocked resolves with whether there was any rest in the end", async () => {
    await expect(blocked()).resolves.toBe(true);
    let going = true;
    async function restless(): Promise<void> {
      while (going) {
        await nextTurn();
        noteActivity();
      }
    }
    const program = restless();
    await expect(blocked()).resolves.toBe(false);
    going = false;
    await program;
  });

  it("blocked waits for the given number of quiet turns", async () => {
    let seen = 0;
    const program = turns(200, () => seen++);
    await blocked(100);
    expect(seen).toBe(100);
    await program;
  });

  it("blocked resolves after all callers that wait for settled, whichever came first", async () => {
    const order: string[] = [];
    const first = blocked().then(() => order.push("blocked"));
    await turns(5);
    await Promise.all([settled().then(() => order.push("settled")), first]);
    expect(order).toEqual(["settled", "blocked"]);
  });

  it("blocked lets code that awaited settled continue, and await it again, first", async () => {
    const order: string[] = [];
    const last = blocked().then(() => order.push("blocked"));
    for (let round = 0; round < 5; round++) {
      await settled();
      await turns(9);
      order.push("settled");
    }
    await last;
    expect(order).toEqual(["settled", "settled", "settled", "settled", "settled", "blocked"]);
  });
});
