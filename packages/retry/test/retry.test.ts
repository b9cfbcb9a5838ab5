import { getEventListeners } from "node:events";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { describe, expect, expectTypeOf, it } from "vitest";
import { describeTree } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import {
  CancelScope,
  CircuitOpenError,
  ExceptionGroup,
  retry,
  RetryError,
  type RetryInfo,
  TimeoutError,
} from "../src/index.js";
import { autojump, errorOf, refuse, steady } from "./helpers.js";

describe("the attempts of retry", () => {
  it("retry calls until an attempt succeeds, and returns its value (B1)", async () => {
    const clock = autojump();
    const times: number[] = [];
    const result = retry(
      (_, attempt) => {
        times.push(clock.now());
        if (attempt < 3) throw new Error("busy");
        return attempt;
      },
      { clock, backoff: steady },
    );
    expectTypeOf(result).toEqualTypeOf<Promise<number>>();
    expect([await result, times, clock.pending]).toEqual([3, [0, 1_000, 3_000], 0]);
  });

  it("the first attempt begins synchronously, with or without a timeout (B1)", async () => {
    for (const timeout of [undefined, 1_000]) {
      let called = false;
      const result = retry(() => (called = true), { timeout });
      expect(called).toBe(true);
      expect(await result).toBe(true);
    }
  });

  it("attempts counts the first, and is 3 by default (B1)", async () => {
    for (const [attempts, expected] of [
      [undefined, 3],
      [1, 1],
      [2, 2],
      [7, 7],
    ] as const) {
      let calls = 0;
      const error = await errorOf<RetryError>(
        retry(() => Promise.reject(new Error(`no ${++calls}`)), { attempts, clock: autojump() }),
      );
      expect([calls, error.attempts, error.errors.length]).toEqual([expected, expected, expected]);
    }
  });

  it("with attempts: Infinity, only success, an error that is not retried, time or a cancellation ends it (B1)", async () => {
    const clock = autojump();
    let calls = 0;
    expect(
      await retry(() => (++calls < 500 ? Promise.reject(new Error("down")) : "up"), { attempts: Infinity, clock }),
    ).toBe("up");
    expect(calls).toBe(500);
  });

  it("each attempt has its own scope below the parent, which is closed when the attempt has ended (B1)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    const scopes: CancelScope[] = [];
    const error = await errorOf(
      retry(
        (scope, attempt) => {
          scopes.push(scope);
          if (attempt === 2) scope.cancel(); // does not reach another attempt
          return refuse(scope, attempt);
        },
        { parent, attempts: 2 },
      ),
    );
    expect(error).toBeInstanceOf(RetryError);
    expect(new Set(scopes).size).toBe(2);
    expect(scopes.map(({ clock }) => clock === parent.clock)).toEqual([true, true]);
    expect(thrownOnUse(scopes[0]!)).toMatch(/closed/);
  });

  it("an attempt is waited for before the next begins, also if it ignores that its time is up (B1)", async () => {
    const clock = autojump();
    using outside = new CancelScope({ clock });
    const log: string[] = [];
    const result = await retry(
      async (_, attempt) => {
        log.push(`${attempt} begins at ${clock.now()}`);
        await outside.sleep(50); // ignores its own scope
        log.push(`${attempt} ends at ${clock.now()}`);
        if (attempt === 1) throw new Error("late");
        return "late value";
      },
      { clock, attemptTimeout: 10, backoff: { initial: 5, jitter: false } },
    );
    expect(result).toBe("late value");
    expect(log).toEqual(["1 begins at 0", "1 ends at 50", "2 begins at 55", "2 ends at 105"]);
  });

  it("an attempt runs for at most attemptTimeout, and its cleanup is waited for (B1, B2)", async () => {
    const clock = autojump();
    const errors: unknown[] = [];
    const value = await retry(
      async (scope, attempt) => {
        if (attempt === 3) return clock.now();
        try {
          await scope.sleep(60_000);
        } finally {
          using cleanup = new CancelScope({ parent: scope, shield: true });
          await cleanup.sleep(30);
        }
        return 0;
      },
      {
        clock,
        attemptTimeout: 20,
        backoff: { initial: 100, factor: 1, jitter: false },
        onRetry: (e) => errors.push(e),
      },
    );
    expect(value).toBe(300);
    expect(errors.map(String)).toEqual([
      "TimeoutError: attempt 1 timed out after 20 ms",
      "TimeoutError: attempt 2 timed out after 20 ms",
    ]);
    expect(errors[0]).toBeInstanceOf(TimeoutError);
  });

  it("with an attemptTimeout of 0 or less, an attempt runs with its scope already cancelled (B1, O5)", async () => {
    for (const attemptTimeout of [0, -1, -Infinity]) {
      expect(await retry((scope) => scope.cancelled, { attemptTimeout })).toBe(true);
      const error = await errorOf<RetryError>(retry((scope) => scope.sleep(1), { attemptTimeout, attempts: 1 }));
      expect(String(error.errors[0])).toBe("TimeoutError: attempt 1 timed out after 0 ms");
    }
  });

  it("attemptTimeout and timeout may be Infinity (B1, B4)", async () => {
    expect(await retry(() => 1, { attemptTimeout: Infinity, timeout: Infinity })).toBe(1);
  });

  it("a scope that an attempt leaves open is a failure, which is retried (B1, S16)", async () => {
    const clock = autojump();
    const left: CancelScope[] = [];
    const value = await retry(
      (scope, attempt) => {
        if (attempt === 1) left.push(new CancelScope({ parent: scope }));
        return attempt;
      },
      { clock },
    );
    expect([value, left[0]!.cancelled]).toEqual([2, true]);
  });

  it.each(hostileThenables)("an attempt may return a thenable that %s (B1)", async (_, make, expected) => {
    const result = retry(() => make() as Promise<unknown>, { attempts: 1 });
    if ("value" in expected) expect(await result).toEqual(expected.value);
    else expect((await errorOf<RetryError>(result)).errors).toEqual([expected.error]);
  });

  it("any thrown value is a failure, also thrown synchronously (B1, B6)", async () => {
    const values = [undefined, null, 0, NaN, "text", Symbol("s"), () => {}, {}, Object.create(null), new Proxy({}, {})];
    for (const value of values) {
      for (const fail of [
        () => {
          throw value;
        },
        () => Promise.reject(value as Error),
      ]) {
        const error = await errorOf<RetryError>(retry(fail, { attempts: 2, clock: autojump() }));
        expect(error).toBeInstanceOf(RetryError);
        expect(error.errors.length).toBe(2);
        expect(Object.is(error.errors[1], value)).toBe(true);
      }
    }
  });

  it("the listener on a parent's signal is removed between the attempts and at the end (B1, S8)", async () => {
    const controller = new AbortController();
    const clock = autojump();
    const counts: number[] = [];
    const count = (): number => counts.push(getEventListeners(controller.signal, "abort").length);
    await retry((_, attempt) => (count(), attempt < 3 ? refuse(_, attempt) : 1), { parent: controller.signal, clock });
    count();
    expect(counts).toEqual([1, 1, 1, 0]);
  });

  it("describeTree shows the retry and its attempt (C3)", async () => {
    using parent = new CancelScope({ name: "page", clock: autojump() });
    const trees: string[] = [];
    await retry(
      async (scope, attempt) => {
        await scope.checkpoint();
        trees.push(describeTree(parent));
        if (attempt === 1) throw new Error("busy");
      },
      { parent, name: "load", timeout: 60_000 },
    );
    expect(trees[0]).toMatch(/retry "load"[^]*attempt "load"/);
    expect(trees[1]).toMatch(/retry "load"[^]*attempt "load"/);
  });

  it.each<[string | undefined, string, string]>([
    [undefined, 'attempt "1"', 'attempt "2"'],
    ["load", 'attempt "load"', 'attempt "load"'],
  ])(
    "an attempt of a retry with the name %j has a name in the tree, its own or its number (C3)",
    async (name, ...titles) => {
      using parent = new CancelScope({ clock: autojump() });
      const trees: string[] = [];
      await retry(
        (_, attempt) => {
          trees.push(describeTree(parent));
          if (attempt === 1) throw new Error("busy");
        },
        { parent, name },
      );
      expect(trees).toEqual(titles.map((title) => expect.stringContaining(title) as string));
    },
  );
});

describe("the waits of retry", () => {
  it("the default backoff grows from 1 s by 2 to 30 s (B5, V9)", async () => {
    const clock = autojump();
    const infos: RetryInfo[] = [];
    await errorOf(
      retry(refuse, { clock, attempts: 8, backoff: steady, onRetry: (_, info) => infos.push({ ...info }) }),
    );
    expect(infos.map(({ delay }) => delay)).toEqual([1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1_000));
    expect(infos.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(clock.now()).toBe(91_000);
  });

  it("the default is full jitter, and jitter may be a function (B5, V9)", async () => {
    const delays: number[] = [];
    await errorOf(retry(refuse, { clock: autojump(), attempts: 50, onRetry: (_, { delay }) => delays.push(delay) }));
    expect(delays.every((delay, index) => delay >= 0 && delay <= Math.min(30_000, 1_000 * 2 ** index))).toBe(true);
    expect(new Set(delays).size).toBeGreaterThan(10);
    const clock = autojump();
    await errorOf(retry(refuse, { clock, attempts: 3, backoff: { initial: 10, factor: 3, jitter: () => 0.5 } }));
    expect(clock.now()).toBe(5 + 15);
  });

  it("a backoff reaches its max without overflow, however many attempts there are (B5)", async () => {
    const clock = autojump();
    await errorOf(retry(refuse, { clock, attempts: 1_200, backoff: { factor: 10, max: 5, jitter: false } }));
    expect(clock.now()).toBe(1_199 * 5);
  });

  it("delayFor overrides the delay after an error, and undefined leaves it to the backoff (B5)", async () => {
    const clock = autojump();
    const given = [7, undefined, 0, -5];
    const times: number[] = [];
    const delays: number[] = [];
    await errorOf(
      retry((scope, attempt) => (times.push(clock.now()), refuse(scope, attempt)), {
        clock,
        attempts: 5,
        onRetry: (_, { delay }) => delays.push(delay),
        backoff: { initial: 100, jitter: false },
        delayFor: (error) => given[Number((error as Error).message.slice(3)) - 1],
      }),
    );
    expect([times, delays]).toEqual([
      [0, 7, 207, 207, 207],
      [7, 200, 0, 0],
    ]);
  });

  it("delayFor that returns Infinity gives up at once, with a RetryError (B4, B5)", async () => {
    const clock = autojump();
    const error = await errorOf<RetryError>(retry(refuse, { clock, delayFor: () => Infinity }));
    expect([error.attempts, clock.now()]).toEqual([1, 0]);
  });

  it("a delay of 0 lets the event loop turn, so that attempts that fail at once do not block it (B3)", async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    await retry(() => (turned ? 1 : Promise.reject(new Error("not yet"))), {
      attempts: 10_000,
      backoff: { initial: 0 },
    });
    expect(turned).toBe(true);
  });

  it("the waits run on the clock of the parent, or on the one that is given (B3, C1)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    await errorOf(retry(refuse, { parent, backoff: steady }));
    expect(clock.now()).toBe(3_000);
    const other = autojump();
    await errorOf(retry(refuse, { parent, clock: other, backoff: steady }));
    expect([clock.now(), other.now()]).toEqual([3_000, 3_000]);
  });

  it("100,000 attempts in a row fail and succeed without a deep stack (B1)", async () => {
    let calls = 0;
    const value = await retry(() => (++calls < 100_000 ? Promise.reject(new Error("no")) : calls), {
      attempts: Infinity,
      clock: new VirtualClock(),
      backoff: { initial: 0 },
    });
    expect(value).toBe(100_000);
  });
});

describe("the errors of retry", () => {
  it("when attempts are exhausted, the error is a RetryError of every failure in order (B6)", async () => {
    const clock = autojump();
    const error = await errorOf<RetryError>(retry(refuse, { clock, name: "job", backoff: steady }));
    expect(error).toBeInstanceOf(RetryError);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect([error.name, error.attempts, error.elapsed]).toEqual(["RetryError", 3, 3_000]);
    expect(error.errors.map(String)).toEqual(["Error: no 1", "Error: no 2", "Error: no 3"]);
    expect(String(error)).toBe('RetryError: "job" failed after 3 attempts in 3000 ms: no 3');
  });

  it("the error is a RetryError also for one attempt, and has the same object as often as it failed (B6)", async () => {
    const same = new Error("same");
    const one = await errorOf<RetryError>(retry(() => Promise.reject(same), { attempts: 1, clock: autojump() }));
    expect([one.errors, one.message]).toEqual([[same], "failed after 1 attempt in 0 ms: same"]);
    const two = await errorOf<RetryError>(retry(() => Promise.reject(same), { attempts: 2, clock: autojump() }));
    expect(two.errors).toEqual([same, same]);
  });

  it("the message names the last failure, calls no getter, and cannot forge a line of a log (B6, E7)", async () => {
    const last: [unknown, RegExp][] = [
      ["text\nforged", /: text\\nforged$/],
      [new Error("first\nsecond"), /: first$/],
      [new TypeError(""), /: TypeError$/],
      [undefined, /: undefined$/],
      [42, /: a number$/],
      [new AggregateError([1, 2], "two"), /: \(2 errors\)$/],
      [Object.defineProperty(new Error("own"), "message", { get: () => expect.unreachable() }), /: Error$/],
      [new Error("x".repeat(10_000)), /x{50}/],
      [new Proxy({}, { get: () => expect.unreachable(), getPrototypeOf: () => expect.unreachable() }), /: /],
    ];
    for (const [value, message] of last) {
      const error = await errorOf(retry(() => Promise.reject(value as Error), { attempts: 1 }));
      expect(error.message).toMatch(message);
      expect(error.message.length).toBeLessThan(300);
    }
  });

  it("split and except keep the class and the fields (B6, E3)", async () => {
    const error = await errorOf<RetryError>(retry(refuse, { clock: autojump(), backoff: steady }));
    const part = error.derive([error.errors[0]]);
    expect(part).toBeInstanceOf(RetryError);
    expect([part.attempts, part.elapsed, part.message]).toEqual([3, 3_000, error.message]);
  });

  it("of more than 1,000 failures the last 1,000 are kept (B6)", async () => {
    const error = await errorOf<RetryError>(
      retry(refuse, { clock: new VirtualClock(), attempts: 2_500, backoff: { initial: 0 } }),
    );
    expect([error.attempts, error.errors.length]).toEqual([2_500, 1_000]);
    expect([error.errors[0], error.errors[999]].map(String)).toEqual(["Error: no 1501", "Error: no 2500"]);
  });

  it("elapsed is the time since the first attempt, whatever time it was then (B6)", async () => {
    const clock = new VirtualClock({ start: 1e6, autojump: true });
    for (const timeout of [undefined, 60_000]) {
      const error = await errorOf<RetryError>(retry(refuse, { clock, attempts: 3, backoff: steady, timeout }));
      expect(error.elapsed).toBe(3_000);
    }
  });

  it("an answer of retryIf that is an object without `then` is true (B6)", async () => {
    const error = await errorOf<RetryError>(
      retry(refuse, { clock: autojump(), attempts: 2, retryIf: () => ({}) as never }),
    );
    expect(error.attempts).toBe(2);
  });

  it("if retryIf returns false, retry rejects with that error, bare (B6)", async () => {
    const clock = autojump();
    const asked: string[] = [];
    const error = await errorOf(
      retry(refuse, {
        clock,
        attempts: 2,
        retryIf: (error) => (asked.push((error as Error).message), asked.length < 2),
      }),
    );
    expect([String(error), asked]).toEqual(["Error: no 2", ["no 1", "no 2"]]);
  });

  it("retryIf is asked about a TimeoutError, too (B2, B6)", async () => {
    const error = await errorOf(
      retry((scope) => scope.sleep(100), {
        clock: autojump(),
        attemptTimeout: 10,
        retryIf: (error) => !(error instanceof TimeoutError),
      }),
    );
    expect(error).toBeInstanceOf(TimeoutError);
  });

  it("a CircuitOpenError is not retried, unless retryIf says so (B10)", async () => {
    const open = new (CircuitOpenError as unknown as new (message: string, ms: number) => CircuitOpenError)("open", 5);
    let calls = 0;
    const fail = (): Promise<never> => (calls++, Promise.reject(open));
    expect(await errorOf(retry(fail))).toBe(open);
    expect(calls).toBe(1);
    await errorOf(retry(fail, { retryIf: () => true, clock: autojump() }));
    expect(calls).toBe(4);
  });

  it("onRetry is called before each wait, and not after the last attempt (B7)", async () => {
    const clock = autojump();
    const log: string[] = [];
    await errorOf(
      retry((_, attempt) => (log.push(`attempt ${attempt}`), refuse(_, attempt)), {
        clock,
        backoff: steady,
        onRetry: (error, { attempt, delay }) => log.push(`${clock.now()}: ${String(error)}, ${attempt}, ${delay}`),
      }),
    );
    expect(log).toEqual([
      "attempt 1",
      "0: Error: no 1, 1, 1000",
      "attempt 2",
      "1000: Error: no 2, 2, 2000",
      "attempt 3",
    ]);
  });

  it("an error that onRetry throws ends the retry with that error (B7)", async () => {
    const clock = autojump();
    const enough = new Error("enough");
    const error = await errorOf(
      retry(refuse, {
        clock,
        onRetry: () => {
          throw enough;
        },
      }),
    );
    expect([error, clock.now(), clock.pending]).toEqual([enough, 0, 0]);
  });

  it("an error that retryIf, delayFor or jitter throws ends the retry with that error (B5, B6)", async () => {
    const broken = new Error("broken");
    const raise = (): never => {
      throw broken;
    };
    for (const options of [{ retryIf: raise }, { delayFor: raise }, { backoff: { jitter: raise } }]) {
      for (const timeout of [undefined, 60_000]) {
        const clock = autojump();
        expect(await errorOf(retry(refuse, { clock, timeout, ...options }))).toBe(broken);
        expect(clock.pending).toBe(0);
      }
    }
  });

  it("the options are read once, so changing them later has no effect (B1)", async () => {
    const options = { attempts: 2, clock: autojump(), backoff: { initial: 1, jitter: false } };
    let calls = 0;
    await errorOf(
      retry((scope) => {
        options.attempts = 100;
        options.backoff.initial = 1_000_000;
        return refuse(scope, ++calls);
      }, options),
    );
    expect([calls, options.clock.now()]).toEqual([2, 1]);
  });
});

function thrownOnUse(scope: CancelScope): string {
  try {
    return String(new CancelScope({ parent: scope }));
  } catch (error) {
    return String(error);
  }
}
