import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CancelScope, ExceptionGroup, isCancellation } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CancelledError, type Timeout, timeout, timeoutAt, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

/** What a promise comes to: its error. */
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    (value) => Promise.reject(new Error(`expected an error, got ${String(value)}`)),
    (error: unknown) => error as Error,
  );

describe("timeout", () => {
  it("resolves with what the body returns in time, and has not expired then (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const run = timeout(
      100,
      async (own) => {
        handle = own;
        await own.scope.sleep(99);
        return { answer: 42 };
      },
      { clock },
    );
    expectTypeOf(run).toEqualTypeOf<Promise<{ answer: number }>>();
    expect(await run).toEqual({ answer: 42 });
    expect(handle?.expired).toBe(false);
    expect([clock.now(), clock.pending]).toEqual([99, 0]);
  });

  it("calls the body at once, synchronously, with a synchronous value or a thenable as with a promise (O1)", async () => {
    let called = false;
    const run = timeout(100, () => {
      called = true;
      return "value";
    });
    expect(called).toBe(true);
    expect(await run).toBe("value");
    const thenable: PromiseLike<number> = Promise.resolve(7);
    expect(await timeout(100, () => thenable)).toBe(7);
  });

  it("cancels the body when its time is up, and rejects with a TimeoutError (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const error = await errorOf(timeout(100, (own) => (handle = own).scope.sleep(1_000), { clock }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.name).toBe("TimeoutError");
    expect(error.cause).toBe(handle?.scope.reason);
    expect(error.cause).toBeInstanceOf(CancelledError);
    expect(handle?.expired).toBe(true);
    expect([clock.now(), clock.pending]).toEqual([100, 0]);
  });

  it("lets the body see the cancellation before the caller sees the error, and waits for it (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const error = await errorOf(
      timeout(
        100,
        async ({ scope }) => {
          try {
            await scope.sleep(1_000);
          } catch (caught) {
            log.push(`${clock.now()}: cut by ${(caught as Error).name}`);
            using cleanup = new CancelScope({ parent: scope, shield: true });
            await cleanup.sleep(700);
            log.push(`${clock.now()}: cleaned up`);
            throw caught;
          }
        },
        { clock },
      ),
    );
    log.push(`${clock.now()}: ${error.message}`);
    expect(log).toEqual(["100: cut by AbortError", "800: cleaned up", "800: timed out after 100 ms"]);
  });

  it("waits also for a body that does not look, and then keeps its value (O1, O3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    using outside = new CancelScope({ clock });
    let handle: Timeout | undefined;
    const run = timeout(
      100,
      async (own) => {
        handle = own;
        await outside.sleep(500);
        return "late";
      },
      { clock },
    );
    expect(await run).toBe("late");
    expect([clock.now(), handle?.expired, handle?.scope.cancelled]).toEqual([500, true, true]);
  });

  it("lets the deadline win over what is due at the very same time (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    expect(await errorOf(timeout(100, ({ scope }) => scope.sleep(100), { clock }))).toBeInstanceOf(TimeoutError);
  });

  it("leaves what the platform aborted with the signal to the TimeoutError as well (O1, S15)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const bodies = [
      // As fetch rejects: with the signal's reason. As older libraries do: with an abort of their own.
      (signal: AbortSignal): unknown => signal.reason,
      (): unknown => new DOMException("The operation was aborted.", "AbortError"),
      (): unknown => Object.assign(new Error("canceled"), { code: "ERR_CANCELED" }),
      (signal: AbortSignal): unknown => new Error("request failed", { cause: signal.reason }),
      (signal: AbortSignal): unknown => new ExceptionGroup("both requests", [signal.reason, signal.reason]),
    ];
    for (const rejection of bodies) {
      const run = timeout(
        10,
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              reject(rejection(signal));
            });
          }),
        { clock },
      );
      expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
    }
  });

  it("aborts a real fetch (O1)", async () => {
    const clock = new VirtualClock();
    const server = createServer(() => {}); // never answers
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const requested = once(server, "request");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const error = errorOf(timeout(5_000, ({ signal }) => fetch(url, { signal }), { clock, name: "fetch" }));
      await requested;
      await clock.advance(5_000);
      expect((await error).message).toBe('"fetch" timed out after 5000 ms');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("names the caller in the error's stack", async () => {
    async function impatientCaller(): Promise<void> {
      await timeout(1, ({ scope }) => scope.sleep(60_000));
    }
    expect((await errorOf(impatientCaller())).stack).toContain("impatientCaller");
  });

  describe("whose time is up while the body runs on", () => {
    it.each([
      ["another error", new Error("the body's own")],
      ["a TimeoutError of its own", new TimeoutError("from elsewhere")],
      ["a group", new ExceptionGroup("two failures", [new Error("one"), new Error("two")])],
      [
        "a group with the cancellation in it",
        new AggregateError([new DOMException("", "AbortError"), new Error("one")]),
      ],
      ["something else", "a string"],
    ])("passes on %s that the body throws (O3)", async (_, thrown) => {
      const clock = new VirtualClock({ autojump: true });
      let handle: Timeout | undefined;
      const run = timeout(10, (own) => (handle = own).scope.sleep(100).catch(() => Promise.reject(thrown)), { clock });
      expect(await errorOf(run)).toBe(thrown);
      expect(handle?.expired).toBe(true);
    });

    it("is noticed by a body that computes, without a turn of the event loop (S9, O1)", async () => {
      const clock = new BusyClock();
      let rounds = 0;
      const run = timeout(
        100,
        async ({ scope }) => {
          for (;;) {
            clock.time += 15;
            rounds++;
            scope.throwIfCancelled();
          }
        },
        { clock },
      );
      expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
      expect(rounds).toBe(7);
    });

    it("is looked at once more when the body ends: its value is kept, and it has expired (O3)", async () => {
      const clock = new BusyClock();
      let handle: Timeout | undefined;
      const value = await timeout(
        100,
        (own) => {
          handle = own;
          clock.time = 150; // computes for 150 ms, and looks at nothing
          return "late";
        },
        { clock },
      );
      expect(value).toBe("late");
      expect(handle?.expired).toBe(true);
      expect(clock.armed.size).toBe(0);
    });

    it("is looked at once more when the body fails: its error is kept, and it has expired (O3)", async () => {
      const clock = new BusyClock();
      let handle: Timeout | undefined;
      const error = new Error("too late to matter");
      const run = timeout(
        100,
        (own) => {
          handle = own;
          clock.time = 150;
          throw error;
        },
        { clock },
      );
      expect(await errorOf(run)).toBe(error);
      expect(handle?.expired).toBe(true);
    });
  });

  it("has not expired where the body fails or ends in time, nor later (O3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = new KeyError("foreign");
    const handles: Timeout[] = [];
    expect(
      await errorOf(
        timeout(
          100,
          (own) => {
            handles.push(own);
            throw error;
          },
          { clock },
        ),
      ),
    ).toBe(error);
    await timeout(100, (own) => void handles.push(own), { clock });
    await clock.advance(1_000);
    expect(handles.map(({ expired }) => expired)).toEqual([false, false]);
  });

  it("does not take an abort for its own while its time is not up (S15, O4)", async () => {
    const abort = new DOMException("somebody else's", "AbortError");
    expect(await errorOf(timeout(1_000, () => Promise.reject(abort)))).toBe(abort);
  });

  describe("cancelled otherwise", () => {
    it("passes an outer cancellation on as it is (O4)", async () => {
      const parent = new CancelScope();
      let handle: Timeout | undefined;
      const run = timeout(1_000, (own) => (handle = own).scope.sleep(Infinity), { parent });
      parent.cancel("outer");
      expect(await errorOf(run)).toBe(parent.reason);
      expect(handle?.expired).toBe(false);
      parent.close();
    });

    it("passes an AbortSignal's abort on as the CancelledError of an outer owner (S8, O4)", async () => {
      const controller = new AbortController();
      let handle: Timeout | undefined;
      const run = timeout(1_000, (own) => (handle = own).scope.sleep(Infinity), { parent: controller.signal });
      controller.abort("the user left");
      const error = await errorOf(run);
      expect(error).toMatchObject({ name: "AbortError", cause: "the user left" });
      expect(error).not.toHaveProperty("scope", handle?.scope);
      expect(handle?.expired).toBe(false);
    });

    it("passes the abort of a signal that times out itself on likewise (O4)", async () => {
      const error = await errorOf(
        timeout(60_000, ({ scope }) => scope.sleep(Infinity), { parent: AbortSignal.timeout(1) }),
      );
      expect(error).toMatchObject({ name: "AbortError", cause: { name: "TimeoutError" } });
      expect(isCancellation(error)).toBe(true);
    });

    it("rejects with the CancelledError of an explicit cancel of its scope (O4)", async () => {
      let handle: Timeout | undefined;
      const run = timeout(1_000, (own) => {
        handle = own;
        own.scope.cancel("by hand");
        return own.scope.sleep(Infinity);
      });
      const error = await errorOf(run);
      expect(error).toBe(handle?.scope.reason);
      expect(error).toMatchObject({ name: "AbortError", cause: "by hand" });
      expect(handle?.expired).toBe(false);
    });

    it.each(["its parent's", "its own"])(
      "stays with %s if its time is up only during the unwinding (O3, O4)",
      async (whose) => {
        const clock = new VirtualClock({ autojump: true });
        const parent = new CancelScope({ clock });
        let handle: Timeout | undefined;
        const run = timeout(
          100,
          async (own) => {
            handle = own;
            (whose === "its own" ? own.scope : parent).cancel("first");
            await own.scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(500));
          },
          { parent },
        );
        expect(await errorOf(run)).toMatchObject({ name: "AbortError", cause: "first" });
        expect(clock.now()).toBe(500);
        expect(handle?.expired).toBe(false);
        parent.close();
      },
    );

    it("keeps the value of a body that completes all the same (S14, O4)", async () => {
      const parent = new CancelScope();
      const run = timeout(1_000, ({ scope }) => scope.sleep(Infinity).catch(() => "kept"), { parent });
      parent.cancel();
      expect(await run).toBe("kept");
      parent.close();
    });

    it("is a timeout all the same where its time was up before, unnoticed (S9, O4)", async () => {
      for (const kind of ["scope", "signal", "own"]) {
        const clock = new BusyClock();
        const parent = new CancelScope({ clock });
        const controller = new AbortController();
        const run = timeout(
          100,
          async ({ scope }) => {
            clock.time = 150;
            if (kind === "scope") parent.cancel();
            else if (kind === "signal") controller.abort();
            else scope.cancel();
            await scope.sleep(1);
          },
          { clock, parent: kind === "signal" ? controller.signal : parent },
        );
        expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
        parent.close();
      }
    });

    it("runs the body with its scope already cancelled where the parent is (S1, O4)", async () => {
      const parent = new CancelScope();
      parent.cancel("before");
      let seen: boolean | undefined;
      const run = timeout(
        1_000,
        ({ scope }) => {
          seen = scope.cancelled;
          return scope.sleep(1);
        },
        { parent },
      );
      expect(await errorOf(run)).toBe(parent.reason);
      expect(seen).toBe(true);
      parent.close();
    });

    it("does not report a cancellation that was absorbed before it began (O4)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const earlier = new CancelScope({ clock });
      earlier.cancel();
      expect(await earlier.run((scope) => scope.sleep(1))).toBeUndefined();
      expect(await errorOf(timeout(10, ({ scope }) => scope.sleep(100), { clock }))).toBeInstanceOf(TimeoutError);
      expect(await timeout(10, ({ scope }) => scope.sleep(5).then(() => "in time"), { clock })).toBe("in time");
    });
  });

  describe("of no time", () => {
    it.each([0, -1, -1e9, -Infinity, -0])("runs the body with its scope already cancelled: %d (O5)", async (ms) => {
      const clock = new VirtualClock({ start: 500 });
      let seen: unknown[] = [];
      const run = timeout(
        ms,
        async (own) => {
          seen = [own.scope.cancelled, own.signal.aborted, own.expired];
          await own.scope.sleep(1);
        },
        { clock },
      );
      const error = await errorOf(run);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error.message).toBe("timed out after 0 ms");
      expect(seen).toEqual([true, true, true]);
      expect(clock.pending).toBe(0);
    });

    it("is cut at its first checkpoint (O5)", async () => {
      expect(await errorOf(timeout(0, ({ scope }) => scope.checkpoint()))).toBeInstanceOf(TimeoutError);
      expect(await errorOf(timeout(0, ({ scope }) => scope.race(Promise.resolve(1))))).toBeInstanceOf(TimeoutError);
    });

    it("resolves with the value of a body that never looks (O5)", async () => {
      let handle: Timeout | undefined;
      const value = await timeout(0, async (own) => {
        handle = own;
        await settled();
        return "done";
      });
      expect(value).toBe("done");
      expect(handle?.expired).toBe(true);
    });

    it("waits for the cleanup of what it cut at once (O1, O5)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const run = timeout(0, ({ scope }) => scope.sleep(1).finally(() => new CancelScope({ clock }).sleep(200)), {
        clock,
      });
      expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(200);
    });
  });

  describe("without a limit", () => {
    it.each([null, Infinity])("given %s has no deadline and sets no timer (O5)", async (ms) => {
      const clock = new BusyClock();
      let handle: Timeout | undefined;
      const value = await timeout(
        ms,
        async (own) => {
          handle = own;
          expect([own.when(), own.scope.deadline]).toEqual([null, Infinity]);
          clock.time = 1e15;
          own.scope.throwIfCancelled();
          return "unlimited";
        },
        { clock },
      );
      expect(value).toBe("unlimited");
      expect(handle?.expired).toBe(false);
      expect(clock.timersSet).toBe(0);
    });

    it("is still cut by its parent (O4, O5)", async () => {
      const parent = new CancelScope();
      const run = timeout(null, ({ scope }) => scope.sleep(Infinity), { parent });
      parent.cancel();
      expect(await errorOf(run)).toBe(parent.reason);
      parent.close();
    });
  });

  it.each([
    [Number.NaN, "NaN"],
    [undefined, "undefined"],
    ["100", '"100"'],
    [10n, "a bigint"],
    [{}, "an object"],
    [new Date(0), "an object"],
    [true, "true"],
  ])("refuses %o before the body is called (O5)", (ms, got) => {
    let calls = 0;
    const body = (): number => ++calls;
    expect(() => timeout(ms as never, body)).toThrow(
      new TypeError(`A timeout must be a number of milliseconds, got ${got}.`),
    );
    expect(() => timeoutAt(ms as never, body)).toThrow(
      new TypeError(`The time of a timeout must be a number of milliseconds, got ${got}.`),
    );
    expect(calls).toBe(0);
  });

  it("refuses a body that is no function, and wrong options, synchronously", () => {
    expect(() => timeout(1, "body" as never)).toThrow(
      new TypeError('The body of a timeout must be a function, got "body".'),
    );
    expect(() => timeoutAt(1, undefined as never)).toThrow(TypeError);
    expect(() => timeout(1, () => {}, { name: 1 } as never)).toThrow('The option "name" must be a string, got 1.');
    expect(() => timeout(1, () => {}, { parent: 1 } as never)).toThrow(TypeError);
    expect(() => timeout(1, () => {}, { clock: {} } as never)).toThrow(TypeError);
    const closed = new CancelScope();
    closed.close();
    expect(() => timeout(1, () => {}, { parent: closed })).toThrow("The parent scope is closed");
  });

  it("takes delays below a millisecond and beyond the platform timer's range (S10, O5)", async () => {
    const clock = new VirtualClock();
    const cutAt: number[] = [];
    const runs = [0.25, 2 ** 31, 1e12].map((ms) =>
      errorOf(timeout(ms, ({ scope }) => scope.sleep(Infinity).finally(() => cutAt.push(clock.now())), { clock })),
    );
    await clock.runAll();
    expect(await Promise.all(runs)).toHaveLength(3);
    expect(cutAt).toEqual([0.25, 2 ** 31, 1e12]);
  });

  it("never asks the clock for a timer beyond the platform's range (S10)", async () => {
    const clock = new BusyClock();
    await timeout(
      2 ** 40,
      () => {
        expect([...clock.armed.values()]).toEqual([2 ** 31 - 1]);
      },
      { clock },
    );
  });

  it("measures on its parent's clock, or on its own where it is given one (C1)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock });
    const own = new VirtualClock({ start: 1_000 });
    const whens: (number | null)[] = [];
    await timeout(50, (handle) => void whens.push(handle.when()), { parent });
    await timeout(50, (handle) => void whens.push(handle.when()), { parent, clock: own });
    expect(whens).toEqual([50, 1_050]);
  });
});

class KeyError extends Error {}

describe("timeoutAt", () => {
  it("takes the time on the scope's clock, and when() tells it unchanged (O1)", async () => {
    const clock = new VirtualClock({ start: 1_000, autojump: true });
    let handle: Timeout | undefined;
    const run = timeoutAt(1_050, (own) => (handle = own).scope.sleep(1_000), { clock, name: "load" });
    expectTypeOf(run).toEqualTypeOf<Promise<void>>();
    const error = await errorOf(run);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toBe('"load" timed out after 50 ms');
    expect([handle?.when(), handle?.expired, clock.now()]).toEqual([1_050, true, 1_050]);
  });

  it("runs the body with its scope already cancelled where the time is past (O5)", async () => {
    const clock = new VirtualClock({ start: 1_000 });
    for (const when of [1_000, 999, 0, -5, -Infinity]) {
      const error = await errorOf(timeoutAt(when, ({ scope }) => scope.checkpoint(), { clock }));
      expect(error.message).toBe("timed out after 0 ms");
    }
  });

  it("has no limit at null and Infinity (O5)", async () => {
    for (const when of [null, Infinity]) {
      expect(await timeoutAt(when, (own) => own.when())).toBeNull();
    }
  });
});
