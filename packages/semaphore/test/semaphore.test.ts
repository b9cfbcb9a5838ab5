import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { describeTree } from "@selvage/scope/debug";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, Mutex, type Permit, Semaphore } from "../src/index.js";
import { closedScope, Ends, errorOf, Works } from "./watching.js";

const notNumbers: [string, unknown][] = [
  ["null", null],
  ["a string", "1"],
  ["a bigint", 1n],
  ["an object", { valueOf: () => 1 }],
];
const notPositiveIntegers: [string, number][] = [
  ["0", 0],
  ["a negative number", -1],
  ["a fraction", 1.5],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["a number that cannot be counted down exactly", 2 ** 53],
];

describe("the arguments of a semaphore", () => {
  it.each(notNumbers)("permits and n that are %s are a TypeError (M1)", (_, value) => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const n = value as number;
    expect(() => new Semaphore(n)).toThrow(TypeError);
    expect(() => (semaphore.permits = n)).toThrow(TypeError);
    expect(() => semaphore.run(scope, () => {}, n)).toThrow(TypeError);
    expect(() => semaphore.acquire(scope, n)).toThrow(TypeError);
    expect(() => semaphore.tryAcquire(n)).toThrow(TypeError);
    expect([semaphore.permits, semaphore.free]).toEqual([1, 1]);
  });

  it.each(notPositiveIntegers)("permits and n that are %s are a RangeError (M1)", (_, n) => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    expect(() => new Semaphore(n)).toThrow(RangeError);
    expect(() => (semaphore.permits = n)).toThrow(RangeError);
    expect(() => semaphore.run(scope, () => {}, n)).toThrow(RangeError);
    expect(() => semaphore.acquire(scope, n)).toThrow(RangeError);
    expect(() => semaphore.tryAcquire(n)).toThrow(RangeError);
    expect([semaphore.permits, semaphore.free]).toEqual([1, 1]);
  });

  it("the message says what was expected and what was received (M1)", () => {
    expect(() => new Semaphore(0)).toThrow("The number of permits must be a positive integer, got 0.");
    expect(() => new Semaphore(2 ** 53)).toThrow("must be a positive integer of at most 2⁵³−1, got 9007199254740992.");
    expect(() => new Semaphore("2" as never)).toThrow('The number of permits must be a positive integer, got "2".');
    expect(() => new Semaphore(1).tryAcquire(-1)).toThrow(
      "The number of permits to take must be a positive integer, got -1.",
    );
  });

  it("an n above permits is a RangeError at once, which names the semaphore (M1)", () => {
    const semaphore = new Semaphore(2, { name: "db" });
    using scope = new CancelScope();
    const message = '3 permits can never be taken: the semaphore "db" has 2.';
    for (const call of [
      () => semaphore.acquire(scope, 3),
      () => semaphore.run(scope, () => {}, 3),
      () => semaphore.tryAcquire(3),
    ]) {
      expect(call).toThrow(new RangeError(message));
    }
  });

  it("a scope that is neither a scope nor a signal is a TypeError, before anything is taken (M1)", () => {
    const semaphore = new Semaphore(1);
    for (const scope of [undefined, null, {}, "scope", 1, () => {}, { aborted: false }]) {
      expect(() => semaphore.acquire(scope as never)).toThrow(TypeError);
      expect(() => semaphore.run(scope as never, () => {})).toThrow(TypeError);
    }
    expect(() => semaphore.acquire({} as never)).toThrow(
      "A wait needs the CancelScope or AbortSignal of the code that waits, got an object.",
    );
    expect(semaphore.free).toBe(1);
  });

  it("a function, options or a name of the wrong type are a TypeError (M1)", () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    for (const fn of [undefined, null, {}, Promise.resolve()]) {
      expect(() => semaphore.run(scope, fn as never)).toThrow(TypeError);
    }
    for (const options of [null, 1, "db"]) expect(() => new Semaphore(1, options as never)).toThrow(TypeError);
    for (const name of [null, 1, Symbol("db")]) {
      expect(() => new Semaphore(1, { name: name as never })).toThrow(TypeError);
      expect(() => new Mutex({ name: name as never })).toThrow(TypeError);
    }
    expect(describeTree(scope)).toBe("scope: live");
  });

  it("a wrong argument is reported although the scope is cancelled (M1)", () => {
    const scope = new CancelScope();
    scope.cancel();
    expect(() => new Semaphore(1).acquire(scope, 0)).toThrow(RangeError);
  });
});

describe("acquire", () => {
  it("takes free permits at once, and gives a permit (M2)", async () => {
    const semaphore = new Semaphore(5);
    using scope = new CancelScope();
    const permits = [semaphore.acquire(scope), semaphore.acquire(scope, 3)];
    expect([semaphore.free, semaphore.waiting]).toEqual([1, 0]);
    for (const permit of await Promise.all(permits)) permit.release();
    expect(semaphore.free).toBe(5);
  });

  it("waits until enough permits are free (M2)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    const first = await semaphore.acquire(scope);
    const ends = new Ends();
    ends.note("both", semaphore.acquire(scope, 2));
    await settled();
    expect([ends.list, semaphore.free, semaphore.waiting]).toEqual([[], 1, 1]);
    first.release();
    await settled();
    expect([ends.list, semaphore.free, semaphore.waiting]).toEqual([["both"], 0, 0]);
  });

  it("rejects with the CancelledError in a cancelled scope, and takes nothing (M2)", async () => {
    const semaphore = new Semaphore(1);
    const scope = new CancelScope();
    scope.cancel("enough");
    expect(await errorOf(semaphore.acquire(scope))).toBe(scope.reason);
    expect(await errorOf(semaphore.acquire(scope.signal))).toBe(scope.reason);
    expect(await errorOf(semaphore.run(scope, () => {}))).toBe(scope.reason);
    expect(semaphore.free).toBe(1);
  });

  it("rejects with a ClosedError in a closed scope, and takes nothing (M2)", async () => {
    const semaphore = new Semaphore(1);
    const scope = closedScope();
    expect(await errorOf(semaphore.acquire(scope))).toBeInstanceOf(ClosedError);
    expect(await errorOf(semaphore.acquire(scope.signal))).toBeInstanceOf(ClosedError);
    expect(await errorOf(semaphore.run(scope, () => {}))).toBeInstanceOf(ClosedError);
    const calls = [semaphore.acquire(scope), semaphore.run(scope, () => {})]; // they reject, and do not throw
    for (const call of calls) expect(await errorOf(call)).toBeInstanceOf(ClosedError);
    using holder = semaphore.tryAcquire();
    expect(await errorOf(semaphore.acquire(scope.signal))).toBeInstanceOf(ClosedError);
    expect([holder, semaphore.free, semaphore.waiting]).toEqual([holder, 0, 0]);
  });

  it("a rejection that is not awaited is never unhandled, in a cancelled scope and in one that is cancelled later (M2)", async () => {
    const semaphore = new Semaphore(1);
    using holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    void semaphore.acquire(scope);
    scope.cancel();
    void semaphore.acquire(scope);
    const closing = new CancelScope();
    void semaphore.acquire(closing);
    closing.close();
    await settled();
    expect([holder, semaphore.waiting]).toEqual([holder, 0]);
  });

  it("rejects as soon as its scope is cancelled, and takes nothing later (M2)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    const waits = semaphore.acquire(scope);
    scope.cancel();
    expect(semaphore.waiting).toBe(0);
    holder?.release();
    expect(semaphore.free).toBe(1);
    expect(await errorOf(waits)).toBe(scope.reason);
  });

  it("rejects with a ClosedError when its scope is closed while it waits (M2)", async () => {
    const semaphore = new Semaphore(1);
    using holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    const waits = semaphore.acquire(scope);
    scope.close();
    expect(await errorOf(waits)).toBeInstanceOf(ClosedError);
    expect([holder, semaphore.waiting]).toEqual([holder, 0]);
  });

  it("a signal as the scope ends the wait when it aborts, with a CancelledError, and keeps no listener (M2, S8)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const controller = new AbortController();
    const left = semaphore.acquire(controller.signal);
    const why = new Error("the client has gone");
    controller.abort(why);
    const error = await errorOf(left);
    expect([error.name, error.cause]).toEqual(["AbortError", why]);
    expect(semaphore.waiting).toBe(0);
    expect(await errorOf(semaphore.acquire(controller.signal))).toMatchObject({ name: "AbortError", cause: why });
    holder?.release();
    expect(semaphore.free).toBe(1);
  });

  it("a signal as the scope gets its permit, and can be used again (M2, S8)", async () => {
    const semaphore = new Semaphore(1);
    const { signal } = new AbortController();
    const first = await semaphore.acquire(signal);
    const second = semaphore.acquire(signal);
    first.release();
    (await second).release();
    expect(await semaphore.run(signal, () => "value")).toBe("value");
    expect(semaphore.free).toBe(1);
  });

  it("the signal of a scope stands for that scope, whose deadline counts although it was not noticed (M2, S9)", async () => {
    const clock = new VirtualClock();
    const semaphore = new Semaphore(1);
    const scope = new CancelScope({ clock });
    const { signal } = scope;
    let taken: Promise<Permit> | undefined;
    clock.setTimer(() => {
      taken = semaphore.acquire(signal); // before the timer of the deadline, which was set later
    }, 10);
    scope.deadline = 10;
    await clock.advance(10);
    expect(await errorOf(taken!)).toBe(scope.reason);
    expect(semaphore.free).toBe(1);
  });
});

describe("the order of a semaphore", () => {
  it("released permits go to the first waiter in the same step (M3)", () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const holder = semaphore.tryAcquire();
    void semaphore.acquire(scope);
    holder?.release();
    expect([semaphore.free, semaphore.waiting]).toEqual([0, 0]);
    expect(semaphore.tryAcquire()).toBeUndefined();
  });

  it("waiters are served first in, first out (M3)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    let holder = semaphore.tryAcquire();
    const order: number[] = [];
    const waits = Array.from({ length: 10 }, (_, index) =>
      semaphore.acquire(scope).then((permit) => {
        order.push(index);
        holder = permit;
      }),
    );
    for (const wait of waits) {
      holder?.release();
      await wait;
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("small requests do not overtake a large one (M3)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    const holders = [1, 2, 3].map(() => semaphore.tryAcquire());
    const ends = new Ends();
    ends.note("large", semaphore.acquire(scope, 3));
    ends.note("small", semaphore.acquire(scope));
    holders[0]?.release();
    holders[1]?.release();
    await settled();
    expect([ends.list, semaphore.free, semaphore.waiting]).toEqual([[], 2, 2]);
    holders[2]?.release();
    await settled();
    expect([ends.list, semaphore.free, semaphore.waiting]).toEqual([["large"], 0, 1]);
  });

  it("one release serves as many waiters as it has permits for (M3)", async () => {
    const semaphore = new Semaphore(5);
    using scope = new CancelScope();
    const holder = semaphore.tryAcquire(5);
    const ends = new Ends();
    for (const [name, n] of [
      ["a", 2],
      ["b", 1],
      ["c", 3],
      ["d", 1],
    ] as const) {
      ends.note(name, semaphore.acquire(scope, n));
    }
    holder?.release();
    await settled();
    expect([ends.list, semaphore.free, semaphore.waiting]).toEqual([["a", "b"], 2, 2]);
  });

  it("tryAcquire returns undefined while anything waits, although permits are free (M3)", () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    const holder = semaphore.tryAcquire(2);
    void semaphore.acquire(scope, 2);
    expect([semaphore.free, semaphore.tryAcquire()]).toEqual([1, undefined]);
    holder?.release();
    expect(semaphore.free).toBe(1);
    expect(semaphore.tryAcquire()).toBeDefined();
  });

  it("a new acquire does not overtake the queue, although its permits are free (M3)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    const holder = semaphore.tryAcquire(2);
    const ends = new Ends();
    ends.note("large", semaphore.acquire(scope, 2));
    ends.note("late", semaphore.acquire(scope));
    await settled();
    expect(ends.list).toEqual([]);
    holder?.release();
    await settled();
    expect(ends.list).toEqual(["large", "late"]);
  });

  it("when the head of the queue leaves, those behind it are tried at once (M4)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    using holder = semaphore.tryAcquire();
    const leaving = new CancelScope();
    const ends = new Ends();
    ends.note("large", semaphore.acquire(leaving, 3));
    ends.note("a", semaphore.acquire(scope));
    ends.note("b", semaphore.acquire(scope));
    ends.note("c", semaphore.acquire(scope));
    expect(semaphore.waiting).toBe(4);
    leaving.cancel();
    expect([holder, semaphore.free, semaphore.waiting]).toEqual([holder, 0, 1]);
    await settled();
    expect(ends.list.filter((end) => end.length === 1)).toEqual(["a", "b"]);
  });

  it("a waiter in the middle leaves, and the order of the others stays (M4)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const holder = semaphore.tryAcquire();
    const leaving = new CancelScope();
    const works = new Works();
    const runs = [semaphore.run(scope, works.of("a")), errorOf(semaphore.run(leaving, works.of("b")))];
    runs.push(semaphore.run(scope, works.of("c")));
    leaving.cancel();
    holder?.release();
    await settled();
    works.end("a");
    await settled();
    works.end("c");
    await Promise.all(runs);
    expect([works.begun, semaphore.free]).toEqual([["a", "c"], 1]);
  });

  it("100,000 waiters that are cancelled one by one, from either end, leave in constant time (M4)", async () => {
    const semaphore = new Semaphore(2);
    using holder = semaphore.tryAcquire();
    const scopes = Array.from({ length: 100_000 }, () => new CancelScope());
    const waits = scopes.map((scope, index) => semaphore.acquire(scope, 2 - (index % 2)));
    const outcomes = Promise.allSettled(waits);
    for (let index = 0; index < 50_000; index++) {
      scopes[50_000 + index]!.cancel();
      scopes[49_999 - index]!.cancel();
    }
    expect([holder, semaphore.waiting, semaphore.free]).toEqual([holder, 0, 1]);
    expect((await outcomes).every(({ status }) => status === "rejected")).toBe(true);
  });

  it("100,000 waiters in one scope are cancelled together, and none is served meanwhile (M2, M4)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    const outcomes = Promise.allSettled(Array.from({ length: 100_000 }, () => semaphore.acquire(scope)));
    scope.onCancel(() => holder?.release());
    scope.cancel();
    expect([semaphore.waiting, semaphore.free]).toEqual([0, 1]);
    expect((await outcomes).every(({ status }) => status === "rejected")).toBe(true);
  });

  it("100,000 waiters are served in a row (M3)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    let running = 0;
    const runs = Array.from({ length: 100_000 }, (_, index) =>
      semaphore.run(scope, async () => {
        expect(++running).toBe(1);
        await Promise.resolve();
        running--;
        return index;
      }),
    );
    expect((await Promise.all(runs)).every((value, index) => value === index)).toBe(true);
    expect(semaphore.free).toBe(1);
  });
});

describe("a permit that was handed over", () => {
  it("stays with the waiter, although its scope is cancelled in the same step (M5)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    const waits = semaphore.acquire(scope);
    holder?.release();
    scope.cancel();
    const permit = await waits;
    expect(semaphore.free).toBe(0);
    permit.release();
    expect(semaphore.free).toBe(1);
  });

  it("is given back by run, which does not call its function if the scope was cancelled in the same step (M5)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    let called = false;
    const run = semaphore.run(scope, () => (called = true));
    holder?.release();
    scope.cancel();
    expect(semaphore.free).toBe(0);
    expect(await errorOf(run)).toBe(scope.reason);
    expect([called, semaphore.free]).toEqual([false, 1]);
  });

  it("is released once, synchronously, however often it is asked (M6)", () => {
    const semaphore = new Semaphore(2);
    const permit = semaphore.tryAcquire()!;
    const other = semaphore.tryAcquire()!;
    permit.release();
    expect(semaphore.free).toBe(1);
    permit.release();
    permit[Symbol.dispose]();
    expect(semaphore.free).toBe(1);
    other[Symbol.dispose]();
    other.release();
    expect(semaphore.free).toBe(2);
  });

  it("is released at the end of the block with `using` (M6)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    {
      using permit = await semaphore.acquire(scope);
      expect([permit, semaphore.free]).toEqual([permit, 0]);
    }
    expect(semaphore.free).toBe(1);
  });

  it("may be released after its scope was closed (M6)", async () => {
    const semaphore = new Semaphore(1);
    const scope = new CancelScope();
    const permit = await semaphore.acquire(scope);
    scope.close();
    expect(semaphore.free).toBe(0);
    permit.release();
    expect(semaphore.free).toBe(1);
  });
});

describe("run", () => {
  it("calls its function at once if permits are free, with its own scope below the caller's (M5)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    let own: CancelScope | undefined;
    const run = semaphore.run(
      scope,
      (given) => {
        own = given;
        return given.sleep(Infinity);
      },
      2,
    );
    expect([own instanceof CancelScope, semaphore.free]).toEqual([true, 0]);
    own!.cancel("enough");
    expect(await errorOf(run)).toMatchObject({ name: "AbortError", cause: "enough" });
    expect([scope.cancelled, semaphore.free]).toEqual([false, 2]);
  });

  it("resolves with the value, and gives the permits back (M5)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    const runs = [1, 2, 3, 4, 5].map((value) => semaphore.run(scope, async () => (await Promise.resolve(), value)));
    expect([semaphore.free, semaphore.waiting]).toEqual([0, 3]);
    expect(await Promise.all(runs)).toEqual([1, 2, 3, 4, 5]);
    expect([semaphore.free, semaphore.waiting]).toEqual([2, 0]);
  });

  it("gives the permits back when its function fails, whatever it throws (M5)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const frozen: unknown = Object.freeze(new Error("frozen"));
    for (const thrown of [undefined, null, NaN, Symbol("thrown"), Object.create(null) as unknown, frozen]) {
      await expect(
        semaphore.run(scope, () => {
          throw thrown as Error;
        }),
      ).rejects.toBe(thrown);
      await expect(semaphore.run(scope, () => Promise.reject(thrown as Error))).rejects.toBe(thrown);
      expect(semaphore.free).toBe(1);
    }
  });

  it.each(hostileThenables)(
    "gives the permits back when its function returns a thenable that %s (M5)",
    async (...[, make, outcome]) => {
      const semaphore = new Semaphore(1);
      using scope = new CancelScope();
      const ended = await semaphore.run(scope, make).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      expect(ended).toEqual(outcome);
      expect(semaphore.free).toBe(1);
    },
  );

  it("holds its permits until its function has ended, although the scope is cancelled (M5)", async () => {
    const semaphore = new Semaphore(1);
    const scope = new CancelScope();
    const works = new Works();
    const run = semaphore.run(scope, works.of("stubborn"));
    scope.cancel();
    await settled();
    expect(semaphore.free).toBe(0);
    works.end("stubborn");
    expect(await run).toBe("stubborn"); // it completed (S14)
    expect(semaphore.free).toBe(1);
  });

  it("passes an outer cancellation on as the CancelledError of the outer scope (M5, S14)", async () => {
    const semaphore = new Semaphore(1);
    const scope = new CancelScope();
    const run = semaphore.run(scope, (own) => own.sleep(Infinity));
    scope.cancel();
    expect(await errorOf(run)).toBe(scope.reason);
    expect(semaphore.free).toBe(1);
  });

  it("a deadline ends its wait, and nothing is taken (M2, M5)", async () => {
    const clock = new VirtualClock();
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope({ clock, deadline: 10 });
    let called = false;
    const run = errorOf(semaphore.run(scope, () => (called = true)));
    await clock.advance(10);
    expect(await run).toBe(scope.reason);
    holder?.release();
    expect([called, semaphore.free, semaphore.waiting]).toEqual([false, 1, 0]);
  });
});

describe("permits", () => {
  it("raising the number serves waiters at once, in order (M7)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    using holder = semaphore.tryAcquire();
    const ends = new Ends();
    for (const name of ["a", "b", "c"]) ends.note(name, semaphore.acquire(scope));
    semaphore.permits = 3;
    expect([holder, semaphore.free, semaphore.waiting]).toEqual([holder, 0, 1]);
    await settled();
    expect(ends.list).toEqual(["a", "b"]);
  });

  it("lowering the number takes effect as permits are given back (M7)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    const holders = [1, 2, 3].map(() => semaphore.tryAcquire());
    const ends = new Ends();
    ends.note("a", semaphore.acquire(scope));
    semaphore.permits = 1;
    expect([semaphore.permits, semaphore.free]).toEqual([1, 0]);
    holders[0]?.release();
    holders[1]?.release();
    await settled();
    expect([ends.list, semaphore.free]).toEqual([[], 0]);
    holders[2]?.release();
    await settled();
    expect([ends.list, semaphore.free]).toEqual([["a"], 0]);
  });

  it("a waiter that asks for more than there are rejects with a RangeError, and those behind it are tried (M7)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    const holder = semaphore.tryAcquire(2);
    const ends = new Ends();
    ends.note("three", semaphore.acquire(scope, 3));
    ends.note("two", semaphore.acquire(scope, 2));
    ends.note("one", semaphore.acquire(scope));
    semaphore.permits = 2;
    await settled();
    expect(ends.list).toEqual(["three: 3 permits can never be taken: the semaphore has 2."]);
    expect(semaphore.waiting).toBe(2);
    semaphore.permits = 1;
    await settled();
    expect([ends.list.length, semaphore.waiting]).toEqual([2, 1]);
    holder?.release();
    await settled();
    expect(ends.list.at(-1)).toBe("one");
  });

  it("a run that asks for more than there are rejects with a RangeError (M7)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    using holder = semaphore.tryAcquire();
    const run = semaphore.run(scope, () => {}, 2);
    semaphore.permits = 1;
    expect(await errorOf(run)).toBeInstanceOf(RangeError);
    expect([holder, describeTree(scope)]).toEqual([holder, "scope: live"]);
  });

  it("lowering the number leaves a waiter whose time is up to its deadline (M7, C1)", async () => {
    const clock = new VirtualClock();
    const semaphore = new Semaphore(2);
    using holder = semaphore.tryAcquire();
    clock.setTimer(() => {
      semaphore.permits = 1;
    }, 10);
    const scope = new CancelScope({ clock, deadline: 10 });
    const waits = errorOf(semaphore.acquire(scope, 2));
    await clock.advance(10);
    expect([holder, await waits]).toEqual([holder, scope.reason]);
  });

  it("the number that was set can be read, and setting it to the same number changes nothing (M7)", () => {
    const semaphore = new Semaphore(2);
    semaphore.permits = 7;
    expect([semaphore.permits, semaphore.free]).toEqual([7, 7]);
    semaphore.permits = 7;
    expect(semaphore.free).toBe(7);
  });

  it("a mutex has one permit, always (M1, M7)", async () => {
    const mutex = new Mutex({ name: "file" });
    using scope = new CancelScope();
    mutex.permits = 1;
    expect([mutex.permits, mutex.free, mutex.name]).toEqual([1, 1, "file"]);
    for (const permits of [0, 2, "1", NaN]) {
      expect(() => (mutex.permits = permits as number)).toThrow(RangeError);
    }
    expect(() => mutex.acquire(scope, 2)).toThrow(
      new RangeError('2 permits can never be taken: the mutex "file" has 1.'),
    );
    await mutex.run(scope, () => {
      expect(mutex.free).toBe(0);
    });
  });
});
