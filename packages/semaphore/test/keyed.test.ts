import { observe } from "@selvage/scope/lowlevel";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, Keyed, Mutex, RateLimiter, Semaphore } from "../src/index.js";
import { BrokenClock, Ends, errorOf, Works } from "./watching.js";

describe("Keyed", () => {
  it("makes one mutex per key, with the key, when it is first used (M11)", async () => {
    const made: string[] = [];
    const locks = new Keyed((key: string) => {
      made.push(key);
      return new Mutex({ name: key });
    });
    using scope = new CancelScope();
    const works = new Works();
    const runs = ["a", "b", "a"].map((key, index) => locks.run(scope, key, works.of(`${key}${index}`)));
    expect([made, works.begun, locks.size]).toEqual([["a", "b"], ["a0", "b1"], 2]);
    works.end("a0");
    await settled();
    expect(works.begun).toEqual(["a0", "b1", "a2"]);
    works.end("b1");
    works.end("a2");
    expect(await Promise.all(runs)).toEqual(["a0", "b1", "a2"]);
    expect([locks.size, made]).toEqual([0, ["a", "b"]]);
  });

  it("runs the function in a scope below the caller's (M11, M5)", async () => {
    const locks = new Keyed(() => new Mutex());
    const scope = new CancelScope();
    const run = errorOf(locks.run(scope, 1, (own) => own.sleep(Infinity)));
    scope.cancel();
    expect(await run).toBe(scope.reason);
    expect(locks.size).toBe(0);
  });

  it("forgets a key when its last permit is given back, and makes a new entry later (M11)", async () => {
    let made = 0;
    const pools = new Keyed(() => (made++, new Semaphore(2)));
    using scope = new CancelScope();
    const [one, two] = [await pools.acquire(scope, "a"), await pools.acquire(scope, "a")];
    one.release();
    expect(pools.size).toBe(1);
    two.release();
    expect(pools.size).toBe(0);
    (await pools.acquire(scope, "a", 2)).release();
    expect([made, pools.size]).toEqual([2, 0]);
  });

  it("forgets a key by itself, without a look at its size (M11)", async () => {
    let made = 0;
    const locks = new Keyed(() => (made++, new Mutex()));
    using scope = new CancelScope();
    for (let use = 0; use < 3; use++) (await locks.acquire(scope, "a")).release();
    expect(made).toBe(3);
  });

  it("keeps a key while an observer looks at its size, before anything was taken (M11)", async () => {
    const locks = new Keyed(() => new Mutex());
    using scope = new CancelScope();
    const works = new Works();
    const sizes: number[] = [];
    using registration = observe({ opened: () => sizes.push(locks.size) });
    const runs = ["a", "b"].map((name) => locks.run(scope, "key", works.of(name)));
    expect([registration, works.begun, sizes]).toEqual([registration, ["a"], [1, 1]]);
    works.end("a");
    await settled();
    works.end("b");
    expect(await Promise.all(runs)).toEqual(["a", "b"]);
    expect(locks.size).toBe(0);
  });

  it("keeps a key while a clock looks at its size, before a permit goes to the next (M11)", async () => {
    const locks = new Keyed(() => new Mutex());
    using scope = new CancelScope();
    const clock = new BrokenClock();
    const holder = await locks.acquire(scope, "a");
    const late = new CancelScope({ clock, deadline: 10 });
    const waits = locks.acquire(late, "a");
    const sizes: number[] = [];
    clock.now = () => {
      clock.now = () => 0;
      sizes.push(locks.size);
      return 0;
    };
    holder.release();
    expect([sizes, locks.size]).toEqual([[1], 1]);
    (await waits).release();
    expect(locks.size).toBe(0);
    late.close();
  });

  it("keeps a key while anything waits for it (M11)", async () => {
    let entry!: Semaphore;
    const pools = new Keyed(() => (entry = new Semaphore(2)));
    using scope = new CancelScope();
    const holder = await pools.acquire(scope, "a");
    const waits = pools.acquire(scope, "a", 2);
    expect([entry.waiting, pools.size]).toEqual([1, 1]);
    holder.release(); // handed over in this step, so it was never idle
    (await waits).release();
    expect(pools.size).toBe(0);
  });

  it("forgets a key whose only waiter is cancelled after the holder has left (M11)", async () => {
    let made = 0;
    const locks = new Keyed(() => (made++, new Mutex()));
    using scope = new CancelScope();
    const leaving = new CancelScope();
    const holder = await locks.acquire(scope, "a");
    const waits = errorOf(locks.run(leaving, "a", () => {}));
    leaving.cancel();
    holder.release();
    expect(await waits).toBe(leaving.reason);
    expect([locks.size, made]).toEqual([0, 1]);
  });

  it("forgets a key for which nothing was taken: a cancelled scope, a wrong argument (M11)", async () => {
    const pools = new Keyed(() => new Semaphore(1));
    const scope = new CancelScope();
    scope.cancel();
    expect(await errorOf(pools.acquire(scope, "a"))).toBe(scope.reason);
    expect(await errorOf(pools.run(scope, "a", () => {}))).toBe(scope.reason);
    expect(() => pools.acquire(scope, "a", 2)).toThrow(RangeError);
    expect(() => pools.acquire(scope, "a", 0)).toThrow(RangeError);
    expect(pools.size).toBe(0);
  });

  it("keeps a key whose number of permits was changed, until it is changed back (M7, M11)", async () => {
    let entry!: Semaphore;
    const pools = new Keyed(() => (entry = new Semaphore(2)));
    using scope = new CancelScope();
    await pools.run(scope, "a", () => {
      entry.permits = 3;
    });
    expect(pools.size).toBe(1);
    entry.permits = 2;
    expect(pools.size).toBe(0);
  });

  it("distinguishes keys as a Map does (M11)", async () => {
    const locks = new Keyed<unknown, Mutex>(() => new Mutex());
    using scope = new CancelScope();
    const keys = [NaN, 0, "0", undefined, null, {}, {}];
    const permits = await Promise.all(keys.map((key) => locks.acquire(scope, key)));
    expect(locks.size).toBe(keys.length);
    for (const permit of permits) permit.release();
    const nan = await locks.acquire(scope, NaN);
    void locks.acquire(scope, NaN);
    expect(locks.size).toBe(1);
    nan.release();
  });

  it("a mutex of a key that is taken twice rejects, and other keys do not matter (M8, M11)", async () => {
    const locks = new Keyed((key: string) => new Mutex({ name: key }));
    using scope = new CancelScope();
    await locks.run(scope, "a", async (own) => {
      expect(await errorOf(locks.acquire(own, "a"))).toBeInstanceOf(InvalidStateError);
      expect(await locks.run(own, "b", () => "both")).toBe("both");
    });
    expect(locks.size).toBe(0);
  });

  it("wrong arguments throw, and leave no entry (M11)", () => {
    const locks = new Keyed(() => new Mutex());
    using scope = new CancelScope();
    for (const make of [undefined, null, {}, "make"]) expect(() => new Keyed(make as never)).toThrow(TypeError);
    expect(() => locks.run({} as never, "a", () => {})).toThrow(TypeError);
    expect(() => locks.acquire(undefined as never, "a")).toThrow(TypeError);
    expect(() => locks.run(scope, "a", undefined as never)).toThrow(TypeError);
    expect(locks.size).toBe(0);
  });

  it("a function that throws, or makes something else, fails the call, and leaves no entry (M11)", () => {
    using scope = new CancelScope();
    const broken = new Keyed<string, Mutex>(() => {
      throw new Error("no");
    });
    expect(() => broken.acquire(scope, "a")).toThrow("no");
    for (const value of [undefined, null, {}, "mutex"]) {
      const wrong = new Keyed<string, Mutex>(() => value as never);
      expect(() => wrong.acquire(scope, "a")).toThrow(TypeError);
      expect(wrong.size).toBe(0);
    }
    expect(broken.size).toBe(0);
  });

  it("a function that returns one semaphore for two keys is an InvalidStateError, while the first is in use (M11)", async () => {
    const shared = new Mutex();
    const locks = new Keyed(() => shared);
    using scope = new CancelScope();
    await locks.run(scope, "a", () => {
      expect(() => locks.acquire(scope, "b")).toThrow(
        new InvalidStateError("The semaphore of a key is in use for another key: make one for each key."),
      );
    });
    expect(locks.size).toBe(0);
    (await locks.acquire(scope, "b")).release();
    expect(locks.size).toBe(0);
  });

  it("a function that uses the key itself gets the entry that this makes (M11)", async () => {
    let depth = 0;
    using scope = new CancelScope();
    const locks = new Keyed<string, Mutex>((key) => {
      if (depth++ === 0) ends.note("inner", locks.acquire(scope, key));
      return new Mutex();
    });
    const ends = new Ends();
    ends.note("outer", locks.acquire(scope, "a"));
    expect(locks.size).toBe(1);
    await settled();
    expect([depth, ends.list]).toEqual([2, ["inner"]]);
  });

  it("a run may use its own key's neighbours, and forget itself meanwhile (M11)", async () => {
    const locks = new Keyed(() => new Mutex());
    using scope = new CancelScope();
    for (let key = 0; key < 1_000; key++) {
      await locks
        .run(scope, key, (own) => locks.run(own, key + 1, () => locks.size))
        .then((size) => {
          expect(size).toBe(2);
        });
    }
    expect(locks.size).toBe(0);
  });
});

describe("a Keyed of rate limiters", () => {
  it("has a bucket per key (M11, M12)", async () => {
    const clock = new VirtualClock();
    const users = new Keyed((name: string) => new RateLimiter({ rate: 1, per: 1_000, name, clock }));
    using scope = new CancelScope({ clock });
    await Promise.all([users.take(scope, "a"), users.take(scope, "b")]);
    expect(users.size).toBe(2);
    const second = users.take(scope, "a");
    await clock.advance(1_000);
    await second;
    expect(users.size).toBe(1); // the bucket of b is full again
  });

  it("forgets a key when its bucket is full, not before (M11)", async () => {
    const clock = new VirtualClock();
    let made = 0;
    const users = new Keyed(() => (made++, new RateLimiter({ rate: 2, per: 1_000, clock })));
    using scope = new CancelScope();
    await users.take(scope, "a");
    await clock.advance(499);
    expect(users.size).toBe(1);
    await clock.advance(1);
    expect(users.size).toBe(0);
    await users.take(scope, "a", 2);
    await clock.advance(999);
    expect(users.size).toBe(1);
    await clock.advance(1);
    expect([users.size, made]).toEqual([0, 2]);
  });

  it("keeps a key while anything waits for it (M11)", async () => {
    const clock = new VirtualClock();
    const users = new Keyed(() => new RateLimiter({ rate: 1, per: 10, clock }));
    const scope = new CancelScope();
    await users.take(scope, "a");
    const waits = users.take(scope, "a");
    await clock.advance(10);
    await waits;
    expect(users.size).toBe(1);
    await clock.advance(10);
    expect(users.size).toBe(0);
  });

  it("keeps a key while anything waits for it, although its timer is late (M11)", async () => {
    const clock = new BrokenClock();
    const users = new Keyed(() => new RateLimiter({ rate: 1, per: 10, clock }));
    const scope = new CancelScope();
    await users.take(scope, "a");
    const waits = errorOf(users.take(scope, "a"));
    clock.time = 1_000;
    expect(users.size).toBe(1);
    scope.cancel();
    expect(await waits).toBe(scope.reason);
    expect(users.size).toBe(0);
  });

  it("keeps a key that a clock begins to use again while its size is counted (M11)", async () => {
    const clock = new BrokenClock();
    const users = new Keyed(() => new RateLimiter({ rate: 1, per: 10, clock }));
    using scope = new CancelScope();
    await users.take(scope, "a");
    clock.time = 10; // the bucket is full
    clock.now = () => {
      clock.now = () => 10;
      expect(users.size).toBe(0);
      void users.take(scope, "a");
      return 10;
    };
    expect(users.size).toBe(1);
  });

  it("finds full buckets as it is used, a few at a time (M11)", async () => {
    const clock = new VirtualClock();
    let looks = 0;
    const counting = {
      now: () => (looks++, clock.now()),
      setTimer: clock.setTimer.bind(clock),
      clearTimer: clock.clearTimer.bind(clock),
    };
    const users = new Keyed(() => new RateLimiter({ rate: 1, per: 10, clock: counting }));
    using scope = new CancelScope();
    for (let key = 0; key < 1_000; key++) await users.take(scope, key);
    await clock.advance(10); // all buckets are full
    for (let use = 0; use < 1_000; use++) await users.take(scope, -1 - use);
    looks = 0;
    expect(users.size).toBe(1_000); // it looks at what is left, and so counts it
    expect(looks).toBe(1_000);
    looks = 0;
    await users.take(scope, "one more");
    expect(looks).toBeLessThan(8);
  });

  it("a limiter whose clock throws is kept, and fails no call for another key (M11, C1)", async () => {
    const broken = new BrokenClock();
    const users = new Keyed(
      (key: string) => new RateLimiter({ rate: 1, per: 10, clock: key === "broken" ? broken : new BrokenClock() }),
    );
    using scope = new CancelScope();
    await users.take(scope, "broken");
    broken.now = () => {
      throw new Error("the clock is broken");
    };
    await users.take(scope, "a");
    await users.take(scope, "b");
    expect(users.size).toBe(3);
    expect(() => users.take(scope, "broken")).toThrow("the clock is broken");
  });
});

describe("a Keyed that makes the other kind", () => {
  it("is a compile error, and throws a TypeError that names the method to call (M11)", () => {
    using scope = new CancelScope();
    const limiters = new Keyed(() => new RateLimiter({ rate: 1, per: 1 }));
    const locks = new Keyed(() => new Mutex());
    // @ts-expect-error -- it has no `run`
    expect(() => limiters.run(scope, "k", () => {})).toThrow("This Keyed makes rate limiters: call take.");
    // @ts-expect-error -- it has no `acquire`
    expect(() => limiters.acquire(scope, "k")).toThrow(TypeError);
    // @ts-expect-error -- it has no `take`
    expect(() => locks.take(scope, "k")).toThrow("This Keyed makes semaphores: call run or acquire.");
    expect([limiters.size, locks.size]).toEqual([0, 0]);
  });
});
