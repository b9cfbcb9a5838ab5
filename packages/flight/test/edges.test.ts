/** Flights beside what they cannot see: async contexts, derived signals, observers, and clocks that are replaced or fail. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { settled, VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope, ClosedError, Flights, InvalidStateError } from "../src/index.js";
import { Loads } from "./loads.js";

/** Time that is set by hand, with timers that can fail. */
class ShiftingClock implements Clock {
  readonly virtual = new VirtualClock();
  shift = 0;
  isBroken = false;

  now(): number {
    return this.virtual.now() + this.shift;
  }

  setTimer(callback: () => void, delay: number): unknown {
    return this.virtual.setTimer(callback, delay);
  }

  clearTimer(timer: unknown): void {
    if (this.isBroken) throw new Error("broken clock");
    this.virtual.clearTimer(timer);
  }
}

describe("a flight that begins when a cancelled one has ended", () => {
  it("runs in the async context of the caller whose function it calls (F4)", async () => {
    const users = new AsyncLocalStorage<string>();
    const loads = new Loads();
    await using flights = new Flights<string, string>();
    using alice = new CancelScope();
    using bob = new CancelScope();
    const seen = async (): Promise<string> => `for ${users.getStore()}`;
    const first = users.run("alice", () => flights.get(alice, "k", loads.fn));
    alice.cancel();
    const second = users.run("bob", () => flights.get(bob, "k", seen));
    loads.fail("k", alice.reason);
    await expect(first).rejects.toBe(alice.reason);
    expect(await second).toBe("for bob");
  });

  it("calls the function of the next caller, in that one's context, if the first has left (F4)", async () => {
    const users = new AsyncLocalStorage<string>();
    const loads = new Loads();
    await using flights = new Flights<string, string>();
    const [alice, bob, carol] = [new CancelScope(), new CancelScope(), new CancelScope()];
    const seen = async (): Promise<string> => `for ${users.getStore()}`;
    const first = users.run("alice", () => flights.get(alice, "k", loads.fn));
    alice.cancel();
    const second = users.run("bob", () => flights.get(bob, "k", seen));
    const third = users.run("carol", () => flights.get(carol, "k", seen));
    bob.cancel();
    loads.end("k", "too late");
    await expect(first).rejects.toBe(alice.reason);
    await expect(second).rejects.toBe(bob.reason);
    expect(await third).toBe("for carol");
  });

  it("leaves no entry if the flights were closed meanwhile (F7)", async () => {
    const loads = new Loads();
    const flights = new Flights<string, string>({ onError: () => {} });
    using alice = new CancelScope();
    using bob = new CancelScope();
    const first = flights.get(alice, "k", loads.fn);
    alice.cancel();
    const second = flights.get(bob, "k", loads.fn);
    const closing = flights[Symbol.asyncDispose]();
    await expect(second).rejects.toThrow(ClosedError);
    loads.fail("k", new Error("late"));
    await closing;
    await expect(first).rejects.toBe(alice.reason);
    expect([flights.size, loads.keys]).toEqual([0, ["k"]]);
  });
});

describe("on a platform without AsyncResource, as browsers and Workers are", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it("a flight that begins later runs in the async context of the caller whose function it calls (F4)", async () => {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    vi.resetModules();
    const platform = await import("../src/index.js");
    const users = new AsyncLocalStorage<string>();
    const loads = new Loads();
    const flights = new platform.Flights<string, string>();
    const [alice, bob, carol] = [new platform.CancelScope(), new platform.CancelScope(), new platform.CancelScope()];
    const seen = async (): Promise<string> => `for ${users.getStore()}`;
    const first = users.run("alice", () => flights.get(alice, "k", loads.fn));
    alice.cancel();
    const second = users.run("bob", () => flights.get(bob, "k", seen));
    const third = users.run("carol", () => flights.get(carol, "k", seen));
    bob.cancel();
    loads.end("k", "too late");
    await expect(first).rejects.toBe(alice.reason);
    await expect(second).rejects.toBe(bob.reason);
    expect(await third).toBe("for carol");
    await flights[Symbol.asyncDispose]();
  });
});

describe("a flight that waits for itself", () => {
  it("through a signal that derives from its own ends with its cancellation, and with the disposal (F3, F7, F9)", async () => {
    for (const end of ["cancel", "dispose"]) {
      const flights = new Flights<string, string>({ onError: () => {} });
      using client = new CancelScope();
      const other = new AbortController();
      const ask = (_: string, own: CancelScope): Promise<string> =>
        flights.get(AbortSignal.any([own.signal, other.signal]), "k", ask);
      const outer = flights.get(client, "k", ask);
      void outer.catch(() => {});
      if (end === "cancel") client.cancel();
      await flights[Symbol.asyncDispose]();
      expect((await Promise.allSettled([outer]))[0].status).toBe("rejected");
      expect(flights.size).toBe(0);
    }
  });

  it("through a caller that is leaving rejects (F9)", async () => {
    await using flights = new Flights<string, unknown>();
    using client = new CancelScope();
    let inner: unknown;
    const outer = flights.get(client, "a", (_, ownA) =>
      flights.get(ownA, "b", async (_, ownB) => {
        try {
          await ownB.sleep(Infinity);
        } finally {
          const cleanup = new CancelScope({ parent: ownB, shield: true });
          inner = await flights.get(cleanup, "a", () => "new").catch((error: unknown) => error);
          cleanup.close();
        }
      }),
    );
    await settled();
    client.cancel();
    await expect(outer).rejects.toBe(client.reason);
    expect(inner).toBeInstanceOf(InvalidStateError);
  });
});

it.each(["opened", "started"] as const)(
  "an observer that cancels the only caller when the task is %s leaves no flight behind (F1, F3)",
  async (hook) => {
    const flights = new Flights<string, string>();
    using client = new CancelScope();
    using other = new CancelScope();
    let running = 0;
    let most = 0;
    const fn = async (_: string, scope: CancelScope): Promise<string> => {
      most = Math.max(most, ++running);
      try {
        await scope.checkpoint();
        return "a value";
      } finally {
        running--;
      }
    };
    using _watching = observe({
      [hook](scope: CancelScope) {
        if (scope.name === "k") client.cancel();
      },
    });
    const first = flights.get(client, "k", fn);
    const second = flights.get(other, "k", fn);
    await expect(first).rejects.toBe(client.reason);
    expect([await second, most, flights.size]).toEqual(["a value", 1, 0]);
    await flights[Symbol.asyncDispose]();
  },
);

it("at equal times a caller's deadline wins over the flight's error, which goes to onError if nobody else waits (C1, F8)", async () => {
  const clock = new VirtualClock();
  const lost: unknown[] = [];
  await using flights = new Flights<string, string>({ clock, onError: (error) => lost.push(error) });
  const error = new Error("down");
  const loads = new Loads();
  // On this clock nobody has seen yet that the time of the caller is up.
  const blocked: Clock = {
    now: () => time,
    setTimer: (fn, ms) => clock.setTimer(fn, ms + 1),
    clearTimer: (timer) => clock.clearTimer(timer),
  };
  let time = 0;
  const caller = new CancelScope({ clock: blocked, deadline: 10 });
  const patient = new CancelScope({ clock });
  const all = ["k", "alone"].map((key) => flights.get(caller, key, loads.fn));
  const ends = Promise.allSettled([...all, flights.get(patient, "k", loads.fn)]);
  time = 10;
  loads.fail("k", error);
  loads.fail("alone", error);
  await settled();
  await clock.advance(11);
  expect((await ends).map((end) => (end as PromiseRejectedResult).reason as unknown)).toEqual([
    caller.reason,
    caller.reason,
    error,
  ]);
  expect(lost).toEqual([error]);
});

describe("values that are kept", () => {
  it("a value whose time is over does not push out a live one, however recently it was used (F5)", async () => {
    const clock = new VirtualClock();
    await using flights = new Flights<string, string>({ clock, ttl: 10, max: 2 });
    using scope = new CancelScope({ clock });
    const calls: string[] = [];
    const load = (key: string): string => {
      calls.push(key);
      return key;
    };
    const get = (key: string): Promise<string> => flights.get(scope, key, load);
    await get("a");
    await clock.advance(5);
    await get("b");
    await get("a"); // now `b` is the least recently used
    await clock.advance(5);
    await get("c");
    await get("b");
    expect(calls).toEqual(["a", "b", "c"]);
  });

  it("a clock that goes back leaves each value the rest of its time (C1, F5)", async () => {
    const clock = new ShiftingClock();
    await using flights = new Flights<string, number>({ clock, ttl: 100, max: 2 });
    using scope = new CancelScope({ clock });
    let calls = 0;
    const get = (): Promise<number> => flights.get(scope, "k", () => ++calls);
    await clock.virtual.advance(1_000);
    await get();
    clock.shift = -900;
    expect(await get()).toBe(1);
    await clock.virtual.advance(99);
    expect(await get()).toBe(1);
    await clock.virtual.advance(1);
    expect(await get()).toBe(2);
  });
});

it("a clock that fails when a caller joins a flight without callers does not leave it running (C1, F3)", async () => {
  const clock = new ShiftingClock();
  const flights = new Flights<string, string>({ clock, linger: 10 });
  using first = new CancelScope();
  using second = new CancelScope();
  let own: CancelScope | undefined;
  const get = (scope: CancelScope): Promise<string> =>
    flights.get(scope, "k", async (_, flight) => {
      own = flight;
      await flight.sleep(Infinity);
      return "never";
    });
  const left = get(first);
  first.cancel();
  await expect(left).rejects.toBe(first.reason);
  clock.isBroken = true;
  await expect(get(second)).rejects.toThrow("broken clock");
  clock.isBroken = false;
  expect(own?.cancelled).toBe(true);
  await flights[Symbol.asyncDispose]();
});
