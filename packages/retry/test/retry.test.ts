import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Breaker, CancelScope, CircuitOpenError, every, hedge, retry, RetryError, TimeoutError } from "../src/index.js";

describe("retry", () => {
  it("calls until it succeeds, with waits that grow (B1, B5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const times: number[] = [];
    const value = await retry(
      (_, attempt) => {
        times.push(clock.now());
        if (attempt < 3) throw new Error("busy");
        return attempt;
      },
      { clock, backoff: { jitter: false } },
    );
    expect([value, times]).toEqual([3, [0, 1_000, 3_000]]);
  });

  it("fails with all failures when attempts are exhausted (B6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = await retry((_, attempt) => Promise.reject(new Error(`no ${attempt}`)), { clock, name: "job" }).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(RetryError);
    expect(error).toMatchObject({
      attempts: 3,
      errors: [{ message: "no 1" }, { message: "no 2" }, { message: "no 3" }],
    });
    expect(String(error)).toMatch(/^RetryError: "job" failed after 3 attempts in \d+ ms: no 3$/);
  });

  it("a timeout that cuts a running attempt is the last member (B4, B6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = await retry(
      async (scope, attempt) => {
        if (attempt === 1) throw new Error("first");
        await scope.sleep(1_000);
      },
      { clock, timeout: 100, backoff: { initial: 10, jitter: false } },
    ).catch((error: unknown) => error);
    expect(error).toMatchObject({ attempts: 2, elapsed: 100 });
    expect((error as RetryError).errors[1]).toBeInstanceOf(TimeoutError);
  });

  it("a cancellation is passed on at once (B2)", async () => {
    const scope = new CancelScope();
    const result = retry((own) => own.sleep(60_000), { parent: scope });
    scope.cancel();
    await expect(result).rejects.toBe(scope.reason);
  });
});

describe("every", () => {
  it("ticks do not drift, and are left out during a run (B8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const times: number[] = [];
    const scope = new CancelScope({ clock, deadline: 100 });
    await expect(every(10, async (own) => (times.push(clock.now()), own.sleep(15)), { parent: scope })).rejects.toBe(
      scope.reason,
    );
    expect(times).toEqual([10, 30, 50, 70, 90]);
  });
});

describe("hedge", () => {
  it("the first to succeed wins, and the others are cancelled and waited for (B9)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const slow = async (scope: CancelScope) => {
      try {
        await scope.sleep(1_000);
      } finally {
        log.push(`unwound at ${clock.now()}`);
      }
      return "slow";
    };
    expect(await hedge([slow, async () => "fast"], { after: 50, clock })).toBe("fast");
    expect([log, clock.pending]).toEqual([["unwound at 50"], 0]);
  });
});

describe("Breaker", () => {
  it("opens after failures in a row, and closes after a probe that succeeds (B10)", async () => {
    const clock = new VirtualClock();
    const states: string[] = [];
    const breaker = new Breaker(
      { failures: 2 },
      { resetAfter: 100, clock, onStateChange: (state) => states.push(state) },
    );
    using scope = new CancelScope({ clock });
    const fail = () => Promise.reject(new Error("503"));
    for (let i = 0; i < 2; i++) await breaker.run(scope, fail).catch(() => {});
    await expect(breaker.run(scope, () => 1)).rejects.toBeInstanceOf(CircuitOpenError);
    await clock.advance(100);
    expect(await breaker.run(scope, () => 1)).toBe(1);
    expect(states).toEqual(["open", "half-open", "closed"]);
  });
});
