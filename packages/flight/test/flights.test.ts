import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it, vi } from "vitest";
import { CancelScope, ClosedError, Flights, InvalidStateError, isCancellation } from "../src/index.js";
import { Loads } from "./loads.js";

describe("one flight per key", () => {
  it("callers that arrive while a flight is under way join it, and get the same value (F1)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, object>();
    using scope = new CancelScope();
    const all = [
      flights.get(scope, "a", loads.fn),
      flights.get(scope, "b", loads.fn),
      flights.get(scope, "a", loads.fn),
    ];
    expect([loads.keys, flights.size]).toEqual([["a", "b"], 2]);
    const value = {};
    loads.end("a", value);
    loads.end("b", { other: true });
    const [first, second, third] = await Promise.all(all);
    expect([first === value, second, third === value]).toEqual([true, { other: true }, true]);
    expect(flights.size).toBe(0);
  });

  it("callers get the same error, and the next one begins a new flight (F1, F5)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, object>();
    using scope = new CancelScope();
    const all = [flights.get(scope, "a", loads.fn), flights.get(scope, "a", loads.fn)];
    const error = new Error("down");
    loads.fail("a", error);
    expect(await Promise.allSettled(all)).toEqual(Array(2).fill({ status: "rejected", reason: error }));
    const next = flights.get(scope, "a", loads.fn);
    loads.end("a", "up");
    expect([await next, loads.keys]).toEqual(["up", ["a", "a"]]);
  });

  it("a function that throws, or that returns a value, is a flight like any other (F1)", async () => {
    await using flights = new Flights<number, number>();
    using scope = new CancelScope();
    const error = new Error("thrown");
    const thrown = flights.get(scope, 1, () => {
      throw error;
    });
    await expect(thrown).rejects.toBe(error);
    expect(await flights.get(scope, 2, (key) => key * 2)).toBe(4);
  });

  it("NaN, objects and undefined are keys as in a Map (F1)", async () => {
    const loads = new Loads<unknown>();
    await using flights = new Flights<unknown, unknown>();
    using scope = new CancelScope();
    const key = {};
    const all = [NaN, NaN, key, key, {}, undefined].map((each) => flights.get(scope, each, loads.fn));
    expect(loads.keys).toEqual([NaN, key, {}, undefined]);
    for (const each of loads.keys.slice()) loads.end(each, "landed");
    expect(await Promise.all(all)).toEqual(Array(6).fill("landed"));
  });
});

describe("the scopes of a flight", () => {
  it("the flight's scope lies below the owner's, and a caller's cancellation ends only that caller's wait (F2)", async () => {
    const loads = new Loads();
    using owner = new CancelScope();
    await using flights = new Flights<string, unknown>({ parent: owner });
    using staying = new CancelScope();
    const leaving = new CancelScope();
    const gone = flights.get(leaving, "a", loads.fn);
    const stays = flights.get(staying, "a", loads.fn);
    leaving.cancel("left");
    await expect(gone).rejects.toBe(leaving.reason);
    expect(loads.scope("a").cancelled).toBe(false);
    loads.end("a", 1);
    expect(await stays).toBe(1);
  });

  it("a cancellation of the owner's parent cancels the flights, and their callers reject with it (F2)", async () => {
    const loads = new Loads();
    const owner = new CancelScope();
    const flights = new Flights<string, unknown>({ parent: owner });
    using scope = new CancelScope();
    const waiting = flights.get(scope, "a", loads.fn);
    owner.cancel("over");
    loads.fail("a", loads.scope("a").reason);
    await expect(waiting).rejects.toBe(owner.reason);
    await expect(flights.get(scope, "a", loads.fn)).rejects.toBe(owner.reason);
    await flights[Symbol.asyncDispose]();
    owner.close();
  });

  it("a caller may be a signal, or a scope with a deadline (F2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const loads = new Loads();
    await using flights = new Flights<string, unknown>({ clock });
    const controller = new AbortController();
    const first = flights.get(controller.signal, "a", loads.fn);
    using timed = new CancelScope({ clock, deadline: 10 });
    const second = flights.get(timed, "a", loads.fn);
    using staying = new CancelScope({ clock });
    const third = flights.get(staying, "a", loads.fn);
    const reason = new Error("aborted");
    controller.abort(reason);
    await expect(first).rejects.toMatchObject({ cause: reason });
    await expect(second).rejects.toMatchObject({ deadline: 10 });
    loads.end("a", "landed");
    expect(await third).toBe("landed");
  });

  it("a caller whose scope is cancelled or closed starts nothing (F6)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    const cancelled = new CancelScope();
    cancelled.cancel();
    const closed = new CancelScope();
    closed.close();
    await expect(flights.get(cancelled, "a", loads.fn)).rejects.toBe(cancelled.reason);
    await expect(flights.get(closed, "a", loads.fn)).rejects.toBeInstanceOf(ClosedError);
    await expect(flights.get(AbortSignal.abort(), "a", loads.fn)).rejects.toSatisfy((error) => isCancellation(error));
    expect([loads.keys, flights.size]).toEqual([[], 0]);
  });
});

describe("callers that leave", () => {
  it("the flight is cancelled when its last caller has left, who waits for its end (F3)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    const scope = new CancelScope();
    const log: string[] = [];
    const wait = flights
      .get(scope, "a", loads.fn)
      .catch((error: unknown) => log.push(`left: ${error === scope.reason}`));
    scope.cancel();
    expect(loads.scope("a").cancelled).toBe(true);
    await settled();
    expect(log).toEqual([]);
    loads.fail("a", loads.scope("a").reason);
    await wait;
    expect([log, flights.size]).toEqual([["left: true"], 0]);
  });

  it("all callers that leave in the turn that empties the flight wait for its end, and earlier ones do not (F3)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    const scopes = ["early", "one", "two"].map((name) => new CancelScope({ name }));
    const log: string[] = [];
    const waits = scopes.map((scope) => flights.get(scope, "a", loads.fn).catch(() => log.push(scope.name!)));
    scopes[0]!.cancel();
    await settled();
    expect(log).toEqual(["early"]);
    scopes[1]!.cancel();
    scopes[2]!.cancel();
    await settled();
    expect(log).toEqual(["early"]);
    loads.fail("a", loads.scope("a").reason);
    await Promise.all(waits);
    expect(log).toEqual(["early", "one", "two"]);
  });

  it("a caller that leaves in the same turn as others, while one stays, does not wait (F3)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    using staying = new CancelScope();
    const parent = new CancelScope();
    const stays = flights.get(staying, "a", loads.fn);
    const waits = [1, 2].map(() => flights.get(parent, "a", loads.fn));
    parent.cancel();
    for (const wait of waits) await expect(wait).rejects.toBe(parent.reason);
    loads.end("a", 1);
    expect(await stays).toBe(1);
  });

  it("with linger, callers leave at once, and the flight goes on for that time, in which it is joined (F3)", async () => {
    const clock = new VirtualClock();
    const loads = new Loads();
    const flights = new Flights<string, unknown>({ clock, linger: 100 });
    const scope = new CancelScope({ clock });
    const left = flights.get(scope, "a", loads.fn);
    scope.cancel();
    await expect(left).rejects.toBe(scope.reason);
    await clock.advance(99);
    expect(loads.scope("a").cancelled).toBe(false);
    const next = new CancelScope({ clock });
    const joined = flights.get(next, "a", loads.fn);
    await clock.advance(200);
    expect([loads.scope("a").cancelled, loads.keys]).toEqual([false, ["a"]]);
    next.cancel();
    await expect(joined).rejects.toBe(next.reason);
    await clock.advance(100);
    expect(loads.scope("a").cancelled).toBe(true);
    loads.fail("a", loads.scope("a").reason);
    await flights[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it("a flight that lands while it lingers leaves no timer (F3)", async () => {
    const clock = new VirtualClock();
    const loads = new Loads();
    await using flights = new Flights<string, unknown>({ clock, linger: 100, ttl: 50, max: 1 });
    const scope = new CancelScope({ clock });
    const left = flights.get(scope, "a", loads.fn);
    scope.cancel();
    await expect(left).rejects.toBe(scope.reason);
    loads.end("a", 1);
    await settled();
    expect(clock.pending).toBe(0);
    using next = new CancelScope({ clock });
    expect(await flights.get(next, "a", loads.fn)).toBe(1);
  });
});

describe("a cancelled flight", () => {
  it("a caller that arrives before it has ended waits for its end, then begins a new one (F4)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    const first = new CancelScope();
    const left = flights.get(first, "a", loads.fn);
    first.cancel();
    using second = new CancelScope();
    const waits = [flights.get(second, "a", loads.fn), flights.get(second, "a", loads.fn)];
    await settled();
    expect([loads.keys, flights.size]).toEqual([["a"], 1]);
    loads.fail("a", loads.scope("a").reason);
    await expect(left).rejects.toBe(first.reason);
    await settled();
    expect([loads.keys, flights.size]).toEqual([["a", "a"], 1]);
    loads.end("a", "new");
    expect([await Promise.all(waits), flights.size]).toEqual([["new", "new"], 0]);
  });

  it("it is not joined even if it returns a value, and that value is not kept (F4, F5)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>({ ttl: 1_000, max: 10 });
    const first = new CancelScope();
    const left = flights.get(first, "a", loads.fn);
    first.cancel();
    using second = new CancelScope();
    const next = flights.get(second, "a", loads.fn);
    loads.end("a", "stale");
    await expect(left).rejects.toBe(first.reason);
    await settled();
    loads.end("a", "fresh");
    expect(await next).toBe("fresh");
  });

  it("if all that wait for its end leave, no new one begins, and later callers still wait for it (F4)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    const scopes = [new CancelScope(), new CancelScope(), new CancelScope()] as const;
    const first = flights.get(scopes[0], "a", loads.fn);
    scopes[0].cancel();
    const second = flights.get(scopes[1], "a", loads.fn);
    scopes[1].cancel();
    await expect(second).rejects.toBe(scopes[1].reason);
    const third = flights.get(scopes[2], "a", loads.fn);
    await settled();
    expect([loads.keys, flights.size]).toEqual([["a"], 1]);
    loads.fail("a", loads.scope("a").reason);
    await expect(first).rejects.toBe(scopes[0].reason);
    await settled();
    loads.end("a", 3);
    expect([await third, loads.keys]).toEqual([3, ["a", "a"]]);
  });

  it("a flight that cancels its own scope is not joined either (F4)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    using scope = new CancelScope();
    const first = flights.get(scope, "a", loads.fn);
    loads.scope("a").cancel("by itself");
    const second = flights.get(scope, "a", loads.fn);
    const { reason } = loads.scope("a");
    loads.fail("a", reason);
    await expect(first).rejects.toBe(reason);
    await settled();
    loads.end("a", 2);
    expect(await second).toBe(2);
  });
});

describe("values that are kept", () => {
  it("a value is kept for ttl, and not at all by default (F5)", async () => {
    const clock = new VirtualClock();
    const loads = new Loads();
    await using flights = new Flights<string, unknown>({ clock, ttl: 100, max: 10 });
    using scope = new CancelScope({ clock });
    const first = flights.get(scope, "a", loads.fn);
    loads.end("a", 1);
    await first;
    await clock.advance(99);
    expect([await flights.get(scope, "a", loads.fn), flights.size]).toEqual([1, 1]);
    await clock.advance(1);
    expect(flights.size).toBe(0);
    const second = flights.get(scope, "a", loads.fn);
    loads.end("a", 2);
    expect([await second, loads.keys.length, clock.pending]).toEqual([2, 2, 0]);
  });

  it("at most max values are kept, and the least recently used is dropped first (F5)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>({ ttl: Infinity, max: 2 });
    using scope = new CancelScope();
    const get = async (key: string) => {
      const value = flights.get(scope, key, loads.fn);
      if (loads.isPending(key)) loads.end(key, key);
      return value;
    };
    await get("a");
    await get("b");
    await get("a"); // used: now "b" is the oldest
    await get("c");
    expect(flights.size).toBe(2);
    await get("a");
    await get("b");
    expect(loads.keys).toEqual(["a", "b", "c", "b"]);
  });

  it("forget drops a kept value, and does not affect a flight (F5)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>({ ttl: Infinity, max: 2 });
    using scope = new CancelScope();
    const first = flights.get(scope, "a", loads.fn);
    flights.forget("a");
    const joined = flights.get(scope, "a", loads.fn);
    loads.end("a", 1);
    expect(await Promise.all([first, joined])).toEqual([1, 1]);
    flights.forget("a");
    flights.forget("unknown");
    const second = flights.get(scope, "a", loads.fn);
    loads.end("a", 2);
    expect(await second).toBe(2);
  });
});

describe("the end of the flights", () => {
  it("disposing cancels all flights and waits for them; then get rejects with a ClosedError (F7)", async () => {
    const loads = new Loads();
    const flights = new Flights<string, unknown>({ ttl: Infinity, max: 2 });
    using scope = new CancelScope();
    const kept = flights.get(scope, "kept", loads.fn);
    loads.end("kept", 1);
    await kept;
    const waiting = flights.get(scope, "a", loads.fn);
    let isOver = false;
    const closing = flights[Symbol.asyncDispose]().then(() => (isOver = true));
    await expect(flights.get(scope, "kept", loads.fn)).rejects.toBeInstanceOf(ClosedError);
    await settled();
    expect([loads.scope("a").cancelled, isOver]).toEqual([true, false]);
    loads.fail("a", loads.scope("a").reason);
    await expect(waiting).rejects.toSatisfy((error) => isCancellation(error));
    await closing;
    await flights[Symbol.asyncDispose]();
    await expect(flights.get(scope, "a", loads.fn)).rejects.toBeInstanceOf(ClosedError);
    expect(loads.keys).toEqual(["kept", "a"]);
  });

  it("disposing rejects callers that wait for the end of a cancelled flight (F7)", async () => {
    const loads = new Loads();
    const flights = new Flights<string, unknown>();
    const first = new CancelScope();
    const left = flights.get(first, "a", loads.fn);
    first.cancel();
    using second = new CancelScope();
    const waiting = flights.get(second, "a", loads.fn);
    const closing = flights[Symbol.asyncDispose]();
    await expect(waiting).rejects.toBeInstanceOf(ClosedError);
    loads.fail("a", loads.scope("a").reason);
    await expect(left).rejects.toBe(first.reason);
    await closing;
    expect(loads.keys).toEqual(["a"]);
  });

  it("a failure that has no caller left goes to onError, once (F8)", async () => {
    const loads = new Loads();
    const failures: unknown[] = [];
    await using flights = new Flights<string, unknown>({ onError: (error, key) => failures.push([error, key]) });
    const scope = new CancelScope();
    const left = flights.get(scope, "a", loads.fn);
    scope.cancel();
    const error = new Error("in cleanup");
    loads.fail("a", error);
    await expect(left).rejects.toBe(scope.reason);
    expect(failures).toEqual([[error, "a"]]);
    using other = new CancelScope();
    const received = flights.get(other, "b", loads.fn);
    loads.fail("b", error);
    await expect(received).rejects.toBe(error);
    expect(failures).toHaveLength(1);
  });

  it("without onError such a failure is printed with its key (F8)", async () => {
    const loads = new Loads();
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      await using flights = new Flights<string, unknown>({ name: "users" });
      const scope = new CancelScope();
      const left = flights.get(scope, "a", loads.fn);
      scope.cancel();
      loads.fail("a", new Error("in cleanup"));
      await expect(left).rejects.toBe(scope.reason);
      expect(printed.mock.calls).toEqual([
        [expect.stringMatching(/^The flight of "a" of "users" failed.*\n.*in cleanup/)],
      ]);
    } finally {
      printed.mockRestore();
    }
  });
});

describe("flights that wait for each other", () => {
  it("a flight that asks for its own key rejects, and does not deadlock (F9)", async () => {
    await using flights = new Flights<string, string>();
    using scope = new CancelScope();
    const wait = flights.get(scope, "a", (key, own) => flights.get(own, key, () => "never"));
    const error = await wait.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InvalidStateError);
    expect(String(error)).toContain('The flight of "a" would wait for itself');
  });

  it("so does a ring of flights, also of several owners (F9)", async () => {
    await using one = new Flights<string, string>({ onError() {} });
    await using other = new Flights<string, string>({ onError() {} });
    using scope = new CancelScope();
    const result = one.get(scope, "a", (_, a) =>
      other.get(a, "b", async (_, b) => {
        await b.checkpoint();
        return one.get(b, "c", async (_, c) => {
          await c.checkpoint();
          return one.get(c, "a", () => "never");
        });
      }),
    );
    await expect(result).rejects.toBeInstanceOf(InvalidStateError);
    expect([one.size, other.size]).toEqual([0, 0]);
  });

  it("a flight may wait for another one for which others wait, too, and again after that wait has ended (F9)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    using scope = new CancelScope();
    const inner = async (own: CancelScope) => flights.get(own, "shared", loads.fn);
    const all = ["a", "b"].map((key) => flights.get(scope, key, async (_, own) => inner(own)));
    await settled();
    loads.end("shared", 1);
    expect([await Promise.all(all), loads.keys]).toEqual([[1, 1], ["shared"]]);
    const reversed = flights.get(scope, "shared", (_, own) => flights.get(own, "a", () => 2));
    expect(await reversed).toBe(2);
  });

  it("a shielded cleanup that asks for the key of its own cancelled flight rejects (F4, F9)", async () => {
    await using flights = new Flights<string, string>({ onError() {} });
    const scope = new CancelScope();
    let inCleanup: Promise<string> | undefined;
    const wait = flights.get(scope, "a", async (key, own) => {
      try {
        await own.sleep(60_000);
        return "never";
      } finally {
        using cleanup = new CancelScope({ parent: own, shield: true });
        inCleanup = flights.get(cleanup, key, () => "never");
        await inCleanup.catch(() => {});
      }
    });
    scope.cancel();
    await expect(wait).rejects.toBe(scope.reason);
    await expect(inCleanup).rejects.toBeInstanceOf(InvalidStateError);
    expect(flights.size).toBe(0);
  });
});
