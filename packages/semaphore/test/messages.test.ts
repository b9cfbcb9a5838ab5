/** What the errors of wrong arguments say (M1, M11, M12). */
import { describe, expect, it } from "vitest";
import { CancelScope, Keyed, Mutex, RateLimiter, Semaphore } from "../src/index.js";

const scope = new CancelScope();
const semaphore = new Semaphore(2);
const limiter = new RateLimiter({ rate: 3, per: 1_000 });
const wrong = undefined as never;

describe("the message of a wrong argument", () => {
  it.each<[string, () => unknown]>([
    ["The number of permits must be a positive integer, got 0.", () => new Semaphore(0)],
    ["The number of permits must be a positive integer, got -1.", () => (semaphore.permits = -1)],
    ["The number of permits to take must be a positive integer, got 0.", () => semaphore.acquire(scope, 0)],
    ["A semaphore's name must be a string, got 1.", () => new Semaphore(1, { name: 1 as never })],
    ["The function to run must be a function, got undefined.", () => semaphore.run(scope, wrong)],
  ])("of a semaphore is: %s (M1)", (message, call) => {
    expect(call).toThrow(message);
  });

  it.each<[string, () => unknown]>([
    ["rate must be a number, got undefined.", () => new RateLimiter({ rate: wrong, per: 1 })],
    ["rate must be positive and finite, got 0.", () => new RateLimiter({ rate: 0, per: 1 })],
    ["per must be positive and finite, got Infinity.", () => new RateLimiter({ rate: 1, per: Infinity })],
    ["burst must be at least 1, got 0.5.", () => new RateLimiter({ rate: 1, per: 1, burst: 0.5 })],
    ["A rate limiter's name must be a string, got 1.", () => new RateLimiter({ rate: 1, per: 1, name: 1 as never })],
    ["The number of tokens to take must be a positive integer, got 0.", () => limiter.tryTake(0)],
    ["4 tokens can never be taken: the rate limiter holds at most 3.", () => limiter.tryTake(4)],
  ])("of a rate limiter is: %s (M1, M12)", (message, call) => {
    expect(call).toThrow(message);
  });

  it("of a Keyed names the function, and what it must make (M11)", () => {
    expect(() => new Keyed(wrong)).toThrow("The function of a Keyed must be a function, got undefined.");
    expect(() => new Keyed<string, Mutex>(() => wrong).acquire(scope, "a")).toThrow(
      "The function of a Keyed must be one that makes a Semaphore, Mutex or RateLimiter, got undefined.",
    );
  });
});

describe("a mutex", () => {
  it("has always one permit (M1)", () => {
    const mutex = new Mutex();
    mutex.permits = 1;
    expect(mutex.permits).toBe(1);
    expect(() => (mutex.permits = 2)).toThrow(new RangeError("A mutex has 1 permit, got 2: use a Semaphore."));
    expect([mutex.permits, mutex.free]).toEqual([1, 1]);
  });
});
