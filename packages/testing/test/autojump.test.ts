import { CancelScope } from "@selvage/scope";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled, VirtualClock } from "../src/index.js";
import { nextTurn } from "../src/macrotask.js";

function sleep(clock: VirtualClock, delay: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, delay);
  });
}

/** How many turns of the event loop have been requested, and so keep the process alive. */
function pendingTurns(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Immediate").length;
}

/** What reached the process as an uncaught exception while `body` ran. */
async function uncaughtDuring(body: () => Promise<void>): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const listeners = process.rawListeners("uncaughtException") as NodeJS.UncaughtExceptionListener[];
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error));
  try {
    await body();
    await settled();
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
  return uncaught;
}

describe("Autojump", () => {
  it("autojump jumps to the next timer when everything is blocked (C2)", async () => {
    const clock = new VirtualClock({ autojump: true, start: 100 });
    const log: string[] = [];
    async function program(name: string, period: number): Promise<void> {
      for (let round = 0; round < 2; round++) {
        await sleep(clock, period);
        log.push(`${name} at ${clock.now()}`);
      }
    }
    await Promise.all([program("slow", 86_400_000), program("quick", 1)]);
    expect(log).toEqual(["quick at 101", "quick at 102", "slow at 86400100", "slow at 172800100"]);
  });

  it("autojump does not jump while something can still run (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const times: number[] = [];
    async function busy(): Promise<void> {
      for (let round = 0; round < 5; round++) {
        for (let hop = 0; hop < 100; hop++) await Promise.resolve();
        await nextTurn();
        times.push(clock.now());
      }
    }
    await Promise.all([busy(), sleep(clock, 1)]);
    expect(times).toEqual([0, 0, 0, 0, 0]);
    expect(clock.now()).toBe(1);
  });

  it("autojump does not jump synchronously, nor to a timer that was cleared in the meantime", async () => {
    const clock = new VirtualClock({ autojump: true });
    const timer = clock.setTimer(() => {}, 5);
    await nextTurn();
    clock.clearTimer(timer);
    await settled();
    expect([clock.now(), clock.pending]).toEqual([0, 0]);
  });

  it("autojump jumps again when a timer is set after it had come to rest (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await sleep(clock, 1);
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    await sleep(clock, 2);
    expect(clock.now()).toBe(3);
  });

  it("autojump leaves a move to its caller, and jumps on afterwards (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const woke = sleep(clock, 100).then(() => clock.now());
    await clock.advance(10);
    expect(clock.now()).toBe(10);
    expect(await woke).toBe(100);
  });

  it("autojump does not jump while code that the timer of another clock woke can still run (C2)", async () => {
    const log: string[] = [];
    async function program(): Promise<void> {
      await sleep(new VirtualClock({ autojump: true }), 1);
      log.push("begin");
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      log.push("end");
    }
    await Promise.all([program(), program(), program()]);
    expect(log).toEqual(["begin", "end", "begin", "end", "begin", "end"]);
  });

  it("autojump never jumps to a timer that never fires, and keeps nothing alive for it (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let fired = false;
    clock.setTimer(() => {
      fired = true;
    }, Infinity);
    expect(pendingTurns()).toBe(0);
    clock.clearTimer(clock.setTimer(() => {}, 5));
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    expect([fired, clock.now(), clock.pending, pendingTurns()]).toEqual([false, 0, 1, 0]);
  });

  it("autojump takes one turn of the event loop at a time, however many timers are set", async () => {
    const clock = new VirtualClock({ autojump: true });
    const slept = Promise.all([sleep(clock, 1), sleep(clock, 2), sleep(clock, 3)]);
    expect(pendingTurns()).toBe(1);
    await slept;
  });

  it("autojump is at rest, and keeps nothing alive, once no timer is left (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await sleep(clock, 1);
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    expect(pendingTurns()).toBe(0);
  });

  it("autojump reports what a callback throws as uncaught, and continues (C2)", async () => {
    const error = new Error("thrown by a timer");
    const uncaught = await uncaughtDuring(async () => {
      const clock = new VirtualClock({ autojump: true });
      clock.setTimer(() => {
        throw error;
      }, 1);
      await sleep(clock, 2);
      expect(clock.now()).toBe(2);
    });
    expect(uncaught).toEqual([error]);
  });

  it("several clocks jump side by side, each separately (C2)", async () => {
    const [one, other] = [new VirtualClock({ autojump: true }), new VirtualClock({ autojump: true })];
    await Promise.all([sleep(one, 5), sleep(other, 7)]);
    expect([one.now(), other.now()]).toEqual([5, 7]);
  });
});

describe("Autojump of a program with checkpoints", () => {
  it.each([undefined, 1])("autojump jumps once all checkpoints have settled, with the seed %s (C2)", async (seed) => {
    const clock = new VirtualClock({ autojump: true, seed });
    using scope = new CancelScope({ clock });
    const times: number[] = [];
    async function walk(): Promise<void> {
      for (let count = 0; count < 300; count++) {
        await scope.checkpoint();
        times.push(clock.now());
      }
    }
    await Promise.all([walk(), scope.sleep(1)]);
    expect(new Set(times)).toEqual(new Set([0]));
    expect(clock.now()).toBe(1);
  });

  it("autojump jumps also if a program never rests: a loop of checkpoints reaches its deadline (C2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock, deadline: 1_000 });
    await scope.run(async () => {
      for (;;) await scope.checkpoint();
    });
    expect([scope.cancelledCaught, clock.now()]).toEqual([true, 1_000]);
  });
});

describe("Autojump with a threshold", () => {
  // Real time, controlled by the test: the package takes the platform's timers when it is loaded.
  let clock: VirtualClock;
  const realTime = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
    for (let turn = 0; turn < 50; turn++) await nextTurn();
  };

  beforeEach(async () => {
    vi.resetModules();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const loaded = await import("../src/index.js");
    clock = new loaded.VirtualClock({ autojump: true, autojumpThreshold: 40 });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("autojump jumps once everything has been blocked for the threshold in real time (C2)", async () => {
    void sleep(clock, 1_000);
    await realTime(0);
    await realTime(39);
    expect(clock.now()).toBe(0);
    await realTime(1);
    expect(clock.now()).toBe(1_000);
  });

  it("autojump waits anew if something has happened meanwhile (C2)", async () => {
    void sleep(clock, 1_000);
    await realTime(0);
    await realTime(30);
    clock.clearTimer(clock.setTimer(() => {}, 1)); // for example the answer of a socket, and what it caused
    await realTime(10);
    await realTime(39);
    expect(clock.now()).toBe(0);
    await realTime(1);
    expect(clock.now()).toBe(1_000);
  });

  it("autojump counts a checkpoint as something that happened (C2)", async () => {
    void sleep(clock, 1_000);
    await realTime(0);
    await realTime(30);
    clock.turn(() => {});
    await realTime(30);
    expect(clock.now()).toBe(0);
    await realTime(40);
    expect(clock.now()).toBe(1_000);
  });

  it("autojump leaves a move to a caller who asks for it just before the jump (C2)", async () => {
    void sleep(clock, 1_000);
    await realTime(0);
    const move = clock.advance(10);
    vi.advanceTimersByTime(40);
    await move;
    expect(clock.now()).toBe(10);
  });

  it("autojump waits before each jump (C2)", async () => {
    void sleep(clock, 1);
    void sleep(clock, 2);
    const times: number[] = [];
    await realTime(0);
    for (let wait = 0; wait < 2; wait++) {
      await realTime(40);
      times.push(clock.now());
    }
    expect(times).toEqual([1, 2]);
  });

  it("autojump keeps nothing alive once no timer is left (C2)", async () => {
    const timer = clock.setTimer(() => {}, 1);
    await realTime(0);
    expect(vi.getTimerCount()).toBe(1);
    clock.clearTimer(timer);
    expect(vi.getTimerCount()).toBe(0);
    clock.clearTimer(clock.setTimer(() => {}, 1)); // before it has begun to wait
    await realTime(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
