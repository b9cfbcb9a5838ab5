import { CancelScope, ExceptionGroup, now } from "@selvage/scope";
import {
  Breaker,
  CircuitOpenError,
  every,
  hedge,
  HedgeBudget,
  retry,
  retryAfter,
  RetryError,
  TimeoutError,
} from "@selvage/retry";
import { VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import { type Check, rejection, suite, thrown, turn } from "./harness.js";

const a = new TypeError("a");
const fail = (): Promise<never> => Promise.reject(a);

export const retries: readonly Check[] = suite("@selvage/retry", (check) => {
  check("B1", "an attempt is waited for, in its own scope, before the next begins", async () => {
    const log: string[] = [];
    const value = await retry(
      async (scope, attempt) => {
        log.push(`begins ${attempt}`);
        await scope.sleep(2).finally(turn);
        log.push(`ends ${attempt}`);
        if (attempt < 3) throw a;
        return attempt;
      },
      { backoff: { initial: 1 } },
    );
    assert.strictEqual(value, 3);
    assert.deepEqual(log, ["begins 1", "ends 1", "begins 2", "ends 2", "begins 3", "ends 3"]);
  });

  check("B2", "a cancellation of the parent is not retried, whatever wraps it", async () => {
    const parent = new CancelScope();
    let calls = 0;
    const running = retry(
      (scope) => {
        calls++;
        return scope.sleep(Infinity).catch((cause: unknown) => Promise.reject(new Error("wrapped", { cause })));
      },
      { parent },
    );
    parent.cancel();
    assert.strictEqual(await rejection(running), parent.reason);
    assert.strictEqual(calls, 1);
    parent.close();
  });

  check("B2", "an attempt that exceeds its own time fails with a TimeoutError, which is retried", async () => {
    const errors: unknown[] = [];
    const value = await retry(
      (scope, attempt) => (attempt === 1 ? scope.sleep(Infinity).then(() => "late") : "value"),
      {
        attemptTimeout: 5,
        backoff: { initial: 1 },
        onRetry: (error) => errors.push(error),
      },
    );
    assert.strictEqual(value, "value");
    assert.instanceOf(errors[0], TimeoutError);
  });

  check("B3", "a wait ends at once when a signal as the parent aborts", async () => {
    const controller = new AbortController();
    const running = retry(fail, { parent: controller.signal, delayFor: () => 3_600_000 });
    await turn();
    controller.abort(a);
    const error = (await rejection(running)) as Error;
    assert.strictEqual(error.name, "AbortError");
    assert.strictEqual(error.cause, a);
  });

  check("B4", "a wait that would not end before the timeout or an outer deadline is not entered", async () => {
    const clock = new VirtualClock({ autojump: true });
    const steady = { jitter: false };
    const parent = new CancelScope({ clock, deadline: 1_000 });
    for (const options of [{ clock, timeout: 1_000 }, { parent }]) {
      assert.instanceOf(await rejection(retry(fail, { ...options, backoff: steady })), RetryError);
      assert.strictEqual(clock.now(), 0);
    }
    parent.close();
  });

  check("B5", "the default backoff doubles from a second, and delayFor overrides it", async () => {
    const clock = new VirtualClock({ autojump: true });
    await rejection(retry(fail, { clock, backoff: { jitter: false } }));
    assert.strictEqual(clock.now(), 3_000);
    await rejection(retry(fail, { clock, delayFor: () => 10 }));
    assert.strictEqual(clock.now(), 3_020);
  });

  check("B5", "retryAfter reads seconds and dates of a server", () => {
    assert.strictEqual(retryAfter({ headers: { "retry-after": "120" } }), 120_000);
    if (typeof Headers === "function") {
      assert.strictEqual(retryAfter({ response: { headers: new Headers({ "Retry-After": "2" }) } }), 2_000);
    }
    const headers = { date: "Mon, 30 Nov 2026 12:00:00 GMT", "retry-after": "Mon, 30 Nov 2026 12:00:40 GMT" };
    assert.strictEqual(retryAfter(headers), 40_000);
    assert.isUndefined(retryAfter({ headers: { "retry-after": "soon 1" } }));
  });

  check("B6", "when attempts are exhausted, the error is a RetryError of every failure", async () => {
    const error = (await rejection(retry(fail, { attempts: 2, backoff: { initial: 1 }, name: "job" }))) as RetryError;
    assert.instanceOf(error, RetryError);
    assert.instanceOf(error, ExceptionGroup);
    assert.deepEqual(error.errors, [a, a]);
    assert.strictEqual(error.attempts, 2);
    assert.match(error.message, /^"job" failed after 2 attempts in \d+ ms: a$/);
  });

  check("B6", "a timeout that cuts a running attempt is the last member", async () => {
    const error = (await rejection(retry((scope) => scope.sleep(Infinity), { timeout: 5 }))) as RetryError;
    assert.instanceOf(error, RetryError);
    assert.instanceOf(error.errors[0], TimeoutError);
  });

  check("B6", "an error for which retryIf is false is thrown bare", async () => {
    assert.strictEqual(await rejection(retry(fail, { retryIf: () => false })), a);
  });

  check("B7", "an error that onRetry throws ends the retry", async () => {
    const enough = new Error("enough");
    const onRetry = (): never => {
      throw enough;
    };
    assert.strictEqual(await rejection(retry(fail, { onRetry })), enough);
  });

  check("B8", "runs of every begin at the ticks, and never overlap", async () => {
    for (const [overlap, expected] of [
      ["skip", [10, 30, 50, 70, 90]],
      ["queue", [10, 25, 40, 55, 70, 85]],
      ["cancel", [10, 20, 30, 40, 50, 60, 70, 80, 90]],
    ] as const) {
      const clock = new VirtualClock({ autojump: true });
      const parent = new CancelScope({ clock, deadline: 100 });
      const times: number[] = [];
      const fn = (scope: CancelScope): Promise<void> => (times.push(clock.now()), scope.sleep(15));
      assert.strictEqual(await rejection(every(10, fn, { parent, overlap })), parent.reason);
      assert.deepEqual(times, [...expected]);
      parent.close();
    }
  });

  check("B8", "every runs on real timers, and a failure ends it", async () => {
    const start = now();
    let runs = 0;
    assert.strictEqual(await rejection(every(5, () => (++runs < 3 ? undefined : fail()))), a);
    assert.isAtLeast(now() - start, 10);
  });

  check("B9", "the first to succeed wins a hedge, and the others are cancelled and waited for", async () => {
    let unwound = false;
    const slow = async (scope: CancelScope): Promise<string> => {
      await scope.sleep(Infinity).finally(async () => {
        await turn();
        unwound = true;
      });
      return "slow";
    };
    assert.strictEqual(await hedge([slow, async () => "fast"], { after: 5 }), "fast");
    assert.isTrue(unwound);
  });

  check("B9", "a HedgeBudget limits the share of calls that hedge", async () => {
    const budget = new HedgeBudget({ share: 0.1 });
    let further = 0;
    const next = (): number => further++;
    for (let call = 0; call < 100; call++) await hedge([fail, next], { after: 50, budget }).catch(() => {});
    assert.strictEqual(further, 10);
  });

  check("B10", "a breaker opens after failures in a row, and closes after a probe that succeeds", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope();
    const breaker = new Breaker({ failures: 2 }, { resetAfter: 100, clock });
    for (let i = 0; i < 2; i++) assert.strictEqual(await rejection(breaker.run(scope, fail)), a);
    const error = (await rejection(breaker.run(scope, () => assert.fail("called")))) as CircuitOpenError;
    assert.instanceOf(error, CircuitOpenError);
    assert.strictEqual(error.retryAfter, 100);
    await clock.advance(100);
    assert.strictEqual(breaker.state, "half-open");
    assert.strictEqual(await breaker.run(scope, () => "value"), "value");
    assert.strictEqual(breaker.state, "closed");
    scope.close();
  });

  check("B10", "a cancelled call is not evidence, and returns its probe", async () => {
    const clock = new VirtualClock();
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 100, clock });
    await rejection(breaker.run(new AbortController().signal, fail));
    await clock.advance(100);
    for (let i = 0; i < 3; i++) {
      const scope = new CancelScope();
      const running = breaker.run(scope, (own) => own.sleep(Infinity));
      scope.cancel();
      assert.strictEqual(await rejection(running), scope.reason);
      scope.close();
    }
    assert.strictEqual(breaker.state, "half-open");
  });

  check("B10", "retry does not retry a CircuitOpenError", async () => {
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 60_000 });
    let calls = 0;
    const running = retry((scope) => breaker.run(scope, () => (calls++, fail())), { backoff: { initial: 1 } });
    assert.instanceOf(await rejection(running), CircuitOpenError);
    assert.strictEqual(calls, 1);
  });

  check("B1", "wrong arguments throw synchronously", () => {
    assert.instanceOf(
      thrown(() => retry(fail, { attempts: 0 })),
      RangeError,
    );
    assert.instanceOf(
      thrown(() => every("5" as never, fail)),
      TypeError,
    );
    assert.instanceOf(
      thrown(() => hedge([], { after: 1 })),
      TypeError,
    );
    assert.instanceOf(
      thrown(() => new Breaker({ failures: 1.5 }, { resetAfter: 1 })),
      RangeError,
    );
  });
});
