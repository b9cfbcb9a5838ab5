import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CancelScope, ExceptionGroup } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CancelledError, InvalidStateError, type Timeout, timeout, timeoutAt, TimeoutError } from "../src/index.js";
import { errorOf } from "./error-of.js";

describe("timeout", () => {
  it("a timeout resolves with what the body returns in time, and expired is then false (O1)", async () => {
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

  it("a timeout calls the body synchronously, and accepts a value, a thenable or a promise (O1)", async () => {
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

  it("a timeout cancels the body when its time is up, and rejects with a TimeoutError (O1)", async () => {
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

  it("a timeout waits for the body, which sees the cancellation before the caller sees the error (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const error = await errorOf(
      timeout(
        100,
        async ({ scope }) => {
          try {
            await scope.sleep(1_000);
          } catch (caught) {
            log.push(`${clock.now()}: cancelled by ${(caught as Error).name}`);
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
    expect(log).toEqual(["100: cancelled by AbortError", "800: cleaned up", "800: timed out after 100 ms"]);
  });

  it("a timeout also waits for a body that ignores the cancellation, and then keeps its value (O1, O3)", async () => {
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

  it("the deadline wins over other timers that are due at the same time (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    expect(await errorOf(timeout(100, ({ scope }) => scope.sleep(100), { clock }))).toBeInstanceOf(TimeoutError);
  });

  it("a platform's abort with the timeout's signal becomes a TimeoutError, too (O1, S15)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const bodies = [
      // As fetch rejects: with the signal's reason. As older libraries do: with an abort error that they make.
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

  it("a timeout aborts a real fetch (O1)", async () => {
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

  it("a TimeoutError names the caller in its stack", async () => {
    async function impatientCaller(): Promise<void> {
      await timeout(1, ({ scope }) => scope.sleep(60_000));
    }
    expect((await errorOf(impatientCaller())).stack).toContain("impatientCaller");
  });

  it("a timeout refuses a body that is not a function, and wrong options, synchronously", () => {
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

  it("the body's scope is running: it cannot be run again (S14)", async () => {
    await timeout(1_000, ({ scope }) => {
      expect(() => scope.run(() => {})).toThrow(InvalidStateError);
    });
  });

  it("a timeout measures on its parent's clock, or on the given clock (C1)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock });
    const own = new VirtualClock({ start: 1_000 });
    const whens: (number | null)[] = [];
    await timeout(50, (handle) => void whens.push(handle.when()), { parent });
    await timeout(50, (handle) => void whens.push(handle.when()), { parent, clock: own });
    expect(whens).toEqual([50, 1_050]);
  });
});

describe("timeoutAt", () => {
  it("timeoutAt takes a time on the scope's clock, and when() returns it unchanged (O1)", async () => {
    const clock = new VirtualClock({ start: 1_000, autojump: true });
    let handle: Timeout | undefined;
    const run = timeoutAt(1_050, (own) => (handle = own).scope.sleep(1_000), { clock, name: "load" });
    expectTypeOf(run).toEqualTypeOf<Promise<void>>();
    const error = await errorOf(run);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toBe('"load" timed out after 50 ms');
    expect([handle?.when(), handle?.expired, clock.now()]).toEqual([1_050, true, 1_050]);
  });

  it("timeoutAt escapes its name in the error's message (E7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeoutAt(50, ({ scope }) => scope.sleep(1_000), { clock, name: "a\n\x1b[2J" });
    expect((await errorOf(run)).message).toBe('"a\\n\\x1b[2J" timed out after 50 ms');
  });

  it("timeoutAt runs the body with its scope already cancelled if the time is past (O5)", async () => {
    const clock = new VirtualClock({ start: 1_000 });
    for (const when of [1_000, 999, 0, -5, -Infinity]) {
      const error = await errorOf(timeoutAt(when, ({ scope }) => scope.checkpoint(), { clock }));
      expect(error.message).toBe("timed out after 0 ms");
    }
  });

  it("timeoutAt with null or Infinity sets no limit (O5)", async () => {
    for (const when of [null, Infinity]) {
      expect(await timeoutAt(when, (own) => own.when())).toBeNull();
    }
  });
});
