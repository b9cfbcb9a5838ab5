import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope, ExceptionGroup, retry, RetryError, type RetryOptions } from "../src/index.js";
import { autojump, errorOf, HostileClock, refuse, steady } from "./helpers.js";

/** Runs a retry below a scope, with and without a timeout, because the two take different paths to the first attempt. */
const paths: [string, RetryOptions][] = [
  ["without a timeout", {}],
  ["with a timeout", { timeout: 600_000 }],
];

describe.each(paths)("a cancellation of the parent, %s", (_, path) => {
  it("in a cancelled scope nothing is called (B2)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    parent.cancel();
    let calls = 0;
    const error = await errorOf(retry(() => calls++, { parent, ...path }));
    expect([error, calls]).toEqual([parent.reason, 0]);
  });

  it("with a signal that is aborted nothing is called, and the signal's reason is the cause (B2, S8)", async () => {
    const why = new Error("stop");
    const error = await errorOf(retry(() => expect.unreachable(), { parent: AbortSignal.abort(why), ...path }));
    expect(error).toBeInstanceOf(CancelledError);
    expect(error.cause).toBe(why);
  });

  it("in an attempt it is rethrown and not retried, and the attempt's cleanup is waited for (B2)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    const log: string[] = [];
    const result = retry(
      async (scope, attempt) => {
        log.push(`attempt ${attempt}`);
        try {
          if (attempt === 2) parent.cancel("leave");
          else throw new Error("busy");
          await scope.sleep(60_000);
        } finally {
          using cleanup = new CancelScope({ clock });
          await cleanup.sleep(10);
          log.push("cleaned up");
        }
      },
      { parent, ...path },
    );
    expect(await errorOf(result)).toBe(parent.reason);
    log.push("rejected");
    expect(log).toEqual(["attempt 1", "cleaned up", "attempt 2", "cleaned up", "rejected"]);
  });

  it("in the cleanup of an attempt that has failed, the failure is not lost (B2, T5)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    const failure = new Error("failed");
    const error = await errorOf<RetryError>(
      retry(
        () => {
          try {
            throw failure;
          } finally {
            parent.cancel();
          }
        },
        { parent, ...path },
      ),
    );
    expect(error).toBeInstanceOf(RetryError);
    expect(error.errors).toEqual([failure]);
  });

  it("in an attempt that completes all the same, the value is kept (B2, S14)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    expect(await retry(() => (parent.cancel(), "value"), { parent, ...path })).toBe("value");
  });

  it("in an attempt that ignores it and fails later, no other attempt begins (B2)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    using outside = new CancelScope({ clock });
    let calls = 0;
    const result = retry(
      async () => {
        calls++;
        await outside.sleep(50);
        throw new Error("late");
      },
      { parent, ...path },
    );
    parent.cancel();
    expect(await errorOf(result)).toBeInstanceOf(RetryError);
    expect([calls, clock.now()]).toEqual([1, 50]);
  });

  it("in a wait it is rethrown at once, and leaves no timer (B2, B3)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    using outside = new CancelScope({ clock });
    const result = errorOf(
      retry(refuse, { parent, backoff: { initial: 50_000, max: 50_000, jitter: false }, ...path }),
    );
    await outside.sleep(10);
    parent.cancel();
    expect(await result).toBe(parent.reason);
    expect([clock.now(), clock.pending]).toEqual([10, 0]);
  });

  it("in a wait of 0 it is rethrown after the turn (B2, B3)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    let calls = 0;
    const result = retry(() => Promise.reject(new Error(`no ${++calls}`)), {
      parent,
      backoff: { initial: 0 },
      onRetry: () => queueMicrotask(() => parent.cancel()),
      ...path,
    });
    expect([await errorOf(result), calls]).toEqual([parent.reason, 1]);
  });

  it("in onRetry, which has received the failure, it is rethrown (B2, B7)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    let calls = 0;
    const fn = (): Promise<never> => Promise.reject(new Error(`no ${++calls}`));
    const error = await errorOf(retry(fn, { parent, onRetry: () => parent.cancel(), ...path }));
    expect([error, calls, clock.now()]).toEqual([parent.reason, 1, 0]);
  });

  it("in delayFor, retryIf or jitter, the failure is not lost, and onRetry is not called (B2, B7)", async () => {
    for (const options of [
      (parent: CancelScope): RetryOptions => ({ delayFor: () => (parent.cancel(), 1) }),
      (parent: CancelScope): RetryOptions => ({ retryIf: () => (parent.cancel(), true) }),
      (parent: CancelScope): RetryOptions => ({ backoff: { jitter: () => (parent.cancel(), 1) } }),
    ]) {
      using parent = new CancelScope({ clock: autojump() });
      const onRetry = (): never => expect.unreachable();
      const error = await errorOf<RetryError>(retry(refuse, { parent, ...options(parent), onRetry, ...path }));
      expect(error).toBeInstanceOf(RetryError);
      expect(error.attempts).toBe(1);
    }
  });

  it("whatever wraps it, it is not retried (B2, S15)", async () => {
    const wraps: ((reason: CancelledError) => unknown)[] = [
      (reason) => reason,
      (reason) => new Error("request failed", { cause: reason }),
      (reason) => new Error("outer", { cause: new Error("inner", { cause: reason }) }),
      (reason) => new ExceptionGroup("both", [reason, new Error("x", { cause: reason })]),
      () => new DOMException("The operation was aborted.", "AbortError"),
      () => Object.assign(new Error("canceled"), { code: "ERR_CANCELED" }),
      () => Object.assign(new Error("aborted"), { code: "ECONNRESET" }),
    ];
    for (const wrap of wraps) {
      using parent = new CancelScope({ clock: autojump() });
      let calls = 0;
      const result = retry(
        (scope) => {
          calls++;
          return new Promise((_, reject) => scope.onCancel((reason) => reject(wrap(reason))));
        },
        { parent, ...path },
      );
      parent.cancel();
      expect([await errorOf(result), calls]).toEqual([parent.reason, 1]);
    }
  });

  it("a group of it and of a failure is a failure (B2, S15)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    const result = retry(
      (scope) =>
        new Promise((_, reject) => scope.onCancel((r) => reject(new ExceptionGroup("both", [r, new Error("x")])))),
      { parent, ...path },
    );
    parent.cancel();
    expect(await errorOf(result)).toBeInstanceOf(RetryError);
  });

  it("the cancellation of another scope, and a client's own abort, are failures, which are retried (B2, K6)", async () => {
    using other = new CancelScope();
    other.cancel();
    for (const foreign of [other.reason!, new DOMException("aborted", "AbortError")]) {
      using parent = new CancelScope({ clock: autojump() });
      let calls = 0;
      expect(await retry(() => (++calls < 3 ? Promise.reject(foreign) : "fine"), { parent, ...path })).toBe("fine");
    }
  });

  it("an attempt that cancels its own scope ends the retry with that CancelledError (B2, O4)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    let calls = 0;
    const error = await errorOf<CancelledError>(
      retry((scope) => (calls++, scope.cancel("enough"), scope.sleep(1)), { parent, ...path }),
    );
    expect([error.name, error.cause, calls]).toEqual(["AbortError", "enough", 1]);
    expect(parent.cancelled).toBe(false);
  });

  it("a deadline that an attempt sets for itself becomes a TimeoutError, which is retried (B2)", async () => {
    using parent = new CancelScope({ clock: autojump() });
    const errors: string[] = [];
    const value = await retry(
      (scope, attempt) => {
        if (attempt === 2) return "fine";
        scope.deadline = scope.clock.now() + 7;
        return scope.sleep(1_000).then(() => "slept");
      },
      { parent, name: "x", onRetry: (error) => errors.push(String(error)), ...path },
    );
    expect([value, errors]).toEqual(["fine", ['TimeoutError: attempt 1 of "x" timed out after 7 ms']]);
  });

  it("a deadline of the parent that passes in an attempt is passed on (B2, B4)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock, deadline: 100 });
    const error = await errorOf(retry((scope) => scope.sleep(1_000), { parent, attemptTimeout: 500, ...path }));
    expect([error, clock.now()]).toEqual([parent.reason, 100]);
  });

  it("a closed parent is a ClosedError, as for every scope (B2, S16)", async () => {
    const parent = new CancelScope();
    parent.close();
    await expect(retry(() => 1, { parent, ...path })).rejects.toThrow(/closed/);
  });

  it("an abort of a signal as the parent ends a wait at once, and its reason is the cause (B2, S8)", async () => {
    const controller = new AbortController();
    const why = new Error("user left");
    const result = errorOf(
      retry(refuse, {
        parent: controller.signal,
        backoff: { initial: 600_000 / 2, max: 300_000, jitter: false },
        ...path,
      }),
    );
    await delay(1);
    controller.abort(why);
    const error = await result;
    expect([error.name, error.cause]).toEqual(["AbortError", why]);
  });
});

describe("a retry in time", () => {
  it("a timeout that cuts a running attempt is the last member, as a TimeoutError (B4, B6)", async () => {
    const clock = autojump();
    const error = await errorOf<RetryError>(
      retry(
        async (scope, attempt) => {
          if (attempt === 1) throw new Error("first");
          await scope.sleep(1_000);
        },
        { clock, timeout: 100, backoff: { initial: 10, jitter: false }, name: "job" },
      ),
    );
    expect([error.attempts, error.elapsed]).toEqual([2, 100]);
    expect(error.errors.map(String)).toEqual([
      "Error: first",
      'TimeoutError: the retry of "job" timed out after 100 ms',
    ]);
    expect((error.errors[1] as Error).cause).toBeInstanceOf(CancelledError);
  });

  it("an attempt that fails while it unwinds after the timeout adds that failure instead (B6, O3)", async () => {
    const error = await errorOf<RetryError>(
      retry(
        async (scope) => {
          await scope.sleep(1_000).catch(() => Promise.reject(new Error("while unwinding")));
        },
        { clock: autojump(), timeout: 100 },
      ),
    );
    expect(error.errors.map(String)).toEqual(["Error: while unwinding"]);
  });

  it("an attempt that completes late keeps its value (B4, O3)", async () => {
    const clock = autojump();
    using outside = new CancelScope({ clock });
    expect(await retry(() => outside.sleep(50).then(() => "late"), { clock, timeout: 10 })).toBe("late");
  });

  it("with a timeout of 0 or less no attempt begins (B4)", async () => {
    for (const timeout of [0, -1, -Infinity]) {
      const error = await errorOf<RetryError>(retry(() => expect.unreachable(), { timeout, attemptTimeout: 5 }));
      expect([error.attempts, error.errors.map(String)]).toEqual([0, ["TimeoutError: the retry timed out after 0 ms"]]);
    }
  });

  it.each([
    ["its timeout", (clock: HostileClock, ms: number) => ({ clock, timeout: ms })],
    ["an outer deadline", (clock: HostileClock, ms: number) => ({ parent: new CancelScope({ clock, deadline: ms }) })],
  ])("a wait that would end at or after %s is not entered (B4)", async (_, bound) => {
    for (const [limit, attempts, end] of [
      [999, 1, 0],
      [1_000, 1, 0], // exactly at it
      [1_001, 2, 1_000],
      [3_000, 2, 1_000],
      [3_001, 3, 3_000],
    ] as const) {
      const clock = new HostileClock();
      const options = bound(clock, limit);
      let retries = 0;
      const error = await errorOf<RetryError>(
        retry(refuse, { ...options, attempts: 10, backoff: steady, onRetry: () => retries++ }),
      );
      expect(error).toBeInstanceOf(RetryError);
      expect([limit, error.attempts, error.errors.length, retries, clock.now()]).toEqual([
        limit,
        attempts,
        attempts,
        attempts - 1,
        end,
      ]);
      if ("parent" in options) {
        expect(options.parent.cancelled).toBe(false);
        options.parent.close();
      }
      expect(clock.virtual.pending).toBe(0);
    }
  });

  it("an attempt gets no more than what is left of the whole (B4)", async () => {
    const clock = autojump();
    const left: number[] = [];
    await errorOf(
      retry((scope, attempt) => (left.push(scope.effectiveDeadline), refuse(scope, attempt)), {
        clock,
        timeout: 1_500,
        attemptTimeout: 800,
        backoff: steady,
      }),
    );
    expect(left).toEqual([800, 1_500]);
  });

  it("a timeout that passes in a wait that takes too long does not count as a failure (B4, B6)", async () => {
    const clock = new HostileClock();
    const result = errorOf<RetryError>(
      retry(refuse, { clock, timeout: 1_500, backoff: steady, onRetry: () => void (clock.skipped += 5_000) }),
    );
    const error = await result;
    expect([error.attempts, error.errors.map(String)]).toEqual([1, ["Error: no 1"]]);
    expect(error.elapsed).toBeGreaterThanOrEqual(5_000);
  });

  it("an outer deadline that passes in a wait that takes too long is passed on (B2, B4)", async () => {
    const clock = new HostileClock();
    using parent = new CancelScope({ clock, deadline: 1_500 });
    const error = await errorOf(retry(refuse, { parent, onRetry: () => void (clock.skipped += 5_000) }));
    expect(error).toBe(parent.reason);
  });

  it("no attempt begins after the time has passed, also if that is between the look and the attempt (B4)", async () => {
    for (let calls = 0; calls < 30; calls++) {
      const clock = new HostileClock();
      let reads = 0;
      const now = clock.now.bind(clock);
      // The time passes at one of the first readings of the clock, whichever it is.
      clock.now = () => {
        if (reads++ === calls) clock.skipped += 10_000;
        return now();
      };
      const begun: boolean[] = [];
      const error = await errorOf<RetryError>(
        retry((scope, attempt) => (begun.push(scope.cancelled && false), refuse(scope, attempt)), {
          clock,
          timeout: 5_000,
          attemptTimeout: 4_000,
          backoff: { initial: 1, jitter: false },
        }),
      );
      expect(error).toBeInstanceOf(RetryError);
      expect(error.attempts).toBe(begun.length);
      expect(error.errors.length).toBe(Math.max(1, begun.length));
    }
  });

  it("at equal times the outermost deadline decides: the parent's, the timeout, the attemptTimeout (B2, B4, S9)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock, deadline: 100 });
    const wait = (scope: CancelScope): Promise<void> => scope.sleep(1_000);
    expect(await errorOf(retry(wait, { parent, timeout: 100, attemptTimeout: 100 }))).toBe(parent.reason);
    const error = await errorOf<RetryError>(retry(wait, { clock, timeout: 100, attemptTimeout: 100 }));
    expect(error.errors.map(String)).toEqual(["TimeoutError: the retry timed out after 100 ms"]);
  });

  it("a cancellation while an attempt that has timed out unwinds does not lose its TimeoutError (B2)", async () => {
    const clock = autojump();
    using parent = new CancelScope({ clock });
    const result = errorOf<RetryError>(
      retry((scope) => scope.sleep(1_000).finally(() => parent.cancel()), { parent, attemptTimeout: 10 }),
    );
    expect((await result).errors.map(String)).toEqual(["TimeoutError: attempt 1 timed out after 10 ms"]);
  });
});

describe("a clock that throws", () => {
  it("a retry fails with the error of its clock, wherever it throws, and hangs nowhere (C1)", async () => {
    for (const timeout of [undefined, 60_000]) {
      for (let calls = 0; calls < 40; calls++) {
        const clock = new HostileClock();
        using parent = new CancelScope();
        clock.callsLeft = calls;
        let error: unknown;
        try {
          await retry(refuse, { parent, clock, timeout, attemptTimeout: 1_000, backoff: steady });
        } catch (caught) {
          error = caught;
        }
        const text = flat(error).map(String);
        expect(text.some((each) => each.includes("broken clock") || each.includes("no 3"))).toBe(true);
        clock.callsLeft = Infinity;
        parent.close(); // throws if a scope were left below it
      }
    }
  });
});

function flat(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(flat) : [error];
}
