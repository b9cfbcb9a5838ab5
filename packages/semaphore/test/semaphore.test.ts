import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, Keyed, Mutex, RateLimiter, Semaphore } from "../src/index.js";

describe("Semaphore", () => {
  it("run takes permits, calls the function, and gives them back (M3, M5)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    const ends: (() => void)[] = [];
    const work = () => new Promise<void>((resolve) => ends.push(resolve));
    const runs = [1, 2, 3].map(() => semaphore.run(scope, work));
    expect([ends.length, semaphore.free, semaphore.waiting]).toEqual([2, 0, 1]);
    ends[0]!();
    await settled();
    expect([ends.length, semaphore.waiting]).toEqual([3, 0]);
    ends[1]!();
    ends[2]!();
    await Promise.all(runs);
    expect(semaphore.free).toBe(2);
  });

  it("a mutex that is taken twice rejects (M8)", async () => {
    const mutex = new Mutex({ name: "db" });
    using scope = new CancelScope();
    const nested = mutex.run(scope, function outer(own) {
      return mutex.run(own, () => "never");
    });
    await expect(nested).rejects.toBeInstanceOf(InvalidStateError);
    expect(mutex.free).toBe(1);
  });

  it("a cancelled waiter takes nothing (M2, M4)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const permit = await semaphore.acquire(scope);
    const leaving = new CancelScope();
    const left = semaphore.acquire(leaving);
    const next = semaphore.acquire(scope);
    leaving.cancel();
    await expect(left).rejects.toBe(leaving.reason);
    permit.release();
    permit.release();
    using second = await next;
    expect([semaphore.free, semaphore.tryAcquire(), second]).toEqual([0, undefined, second]);
  });
});

describe("RateLimiter", () => {
  it("tokens come at their rate, and burst at once (M12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const limiter = new RateLimiter({ rate: 10, per: 1_000, burst: 2, clock });
    using scope = new CancelScope({ clock });
    const times: number[] = [];
    await Promise.all([1, 2, 3, 4].map(() => limiter.take(scope).then(() => times.push(clock.now()))));
    expect(times).toEqual([0, 0, 100, 200]);
  });
});

describe("Keyed", () => {
  it("forgets keys that are not in use (M11)", async () => {
    const keyed = new Keyed((key: string) => new Mutex({ name: key }));
    using scope = new CancelScope();
    const sizes: number[] = [];
    await keyed.run(scope, "a", () => sizes.push(keyed.size));
    expect([sizes, keyed.size]).toEqual([[1], 0]);
  });
});
