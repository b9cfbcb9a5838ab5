/** A rate limiter on clocks that are replaced, that go back, or that do not go with their timers (C1, M12). */
import type { Clock } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope, Keyed, RateLimiter } from "../src/index.js";

afterEach(() => vi.useRealTimers());

describe("a rate limiter that is older than the fake timers of a test", () => {
  it("keeps its tokens when fake timers are installed, and when they are removed (C1)", () => {
    const limiter = new RateLimiter({ rate: 3, per: 1e9 });
    expect(limiter.tryTake()).toBe(true);
    vi.useFakeTimers(); // whose time begins at 0
    expect(limiter.tryTake()).toBe(true);
    vi.advanceTimersByTime(3.6e6);
    vi.useRealTimers();
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
  });

  it("gets tokens in the time that it has then (C1)", async () => {
    const limiter = new RateLimiter({ rate: 1, per: 1e9 });
    expect(limiter.tryTake()).toBe(true);
    vi.useFakeTimers();
    expect(limiter.tryTake()).toBe(false);
    using scope = new CancelScope();
    const taken = limiter.take(scope).then(() => "taken");
    await vi.advanceTimersByTimeAsync(1e9);
    expect(await taken).toBe("taken");
  });
});

it("a clock that goes back keeps nobody waiting longer than the rate says (C1)", async () => {
  const virtual = new VirtualClock({ start: 1e6 });
  let shift = 0;
  const clock: Clock = {
    now: () => virtual.now() + shift,
    setTimer: (callback, delay) => virtual.setTimer(callback, delay),
    clearTimer: (timer) => {
      virtual.clearTimer(timer);
    },
  };
  const limiters = new Keyed(() => new RateLimiter({ rate: 10, per: 1_000, burst: 1, clock }));
  using scope = new CancelScope({ clock });
  await limiters.take(scope, "k");
  shift = -9e5;
  const taken = limiters.take(scope, "k").then(() => virtual.now() - 1e6);
  await virtual.advance(100);
  expect(await taken).toBe(100);
  await virtual.advance(100);
  expect(limiters.size).toBe(0);
});

it("a clock that does not go with its timers, and goes back, gives no token for that (C1)", () => {
  let time = 1_000;
  const clock = { goesWithTimers: false, now: () => time, setTimer: () => undefined, clearTimer: () => {} };
  const limiter = new RateLimiter({ rate: 1, per: 10, clock });
  expect(limiter.tryTake()).toBe(true);
  time = 0;
  expect(limiter.tryTake()).toBe(false);
  time = 10;
  expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
});

it("takes in turn are right on fake timers that do not replace performance.now (C1)", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const limiter = new RateLimiter({ rate: 1, per: 1_000 });
  using scope = new CancelScope();
  let time = 0;
  const times: number[] = [];
  const taking = (async () => {
    for (let i = 0; i < 5; i++) {
      await limiter.take(scope);
      times.push(time);
    }
  })();
  for (; time < 4_500; time += 500) await vi.advanceTimersByTimeAsync(500);
  await taking;
  expect(times).toEqual([0, 500, 1_500, 2_500, 3_500]); // the time before each step
});
