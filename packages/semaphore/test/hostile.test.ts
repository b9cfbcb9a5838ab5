/** Foreign code that does anything to a semaphore at the worst moment: clocks, observers, listeners. */
import { observe } from "@selvage/scope/lowlevel";
import { TaskGroup } from "@selvage/task-group";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, Mutex, Semaphore } from "../src/index.js";
import { BrokenClock, Ends, errorOf, Works } from "./watching.js";

const failure = new Error("the clock is broken");
const fail = (): never => {
  throw failure;
};

describe("a clock that throws", () => {
  it("fails the acquire on its scope when it is read, and takes nothing (C1, M2)", async () => {
    const semaphore = new Semaphore(1);
    const clock = new BrokenClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    clock.now = fail;
    expect(() => semaphore.acquire(scope)).toThrow(failure);
    expect(() => semaphore.run(scope, () => {})).toThrow(failure);
    expect([semaphore.free, semaphore.waiting]).toEqual([1, 0]);
  });

  it("fails its own wait when it is asked in a release, and those behind it are served (C1, M4)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    const clock = new BrokenClock();
    const broken = new CancelScope({ clock, deadline: 10 });
    const holder = semaphore.tryAcquire();
    const ends = new Ends();
    ends.note("broken", semaphore.acquire(broken, 2));
    ends.note("next", semaphore.acquire(scope));
    clock.now = fail;
    holder?.release();
    await settled();
    expect(ends.list).toEqual(["broken: the clock is broken", "next"]);
    expect([semaphore.free, semaphore.waiting]).toEqual([1, 0]);
  });

  it("fails its own wait when another caller asks for permits, and those behind it are served at once (C1, M4)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    using holder = semaphore.tryAcquire();
    const clock = new BrokenClock();
    const broken = new CancelScope({ clock, deadline: 10 });
    const ends = new Ends();
    ends.note("broken", semaphore.acquire(broken, 2));
    ends.note("next", semaphore.acquire(scope));
    clock.now = fail;
    expect([semaphore.tryAcquire(), semaphore.free, semaphore.waiting]).toEqual([undefined, 0, 0]);
    await settled();
    expect([holder, ends.list]).toEqual([holder, ["broken: the clock is broken", "next"]]);
  });

  it("fails its own wait when permits are lowered, and no other (C1, M7)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    using holder = semaphore.tryAcquire(3);
    const clock = new BrokenClock();
    const broken = new CancelScope({ clock, deadline: 10 });
    const ends = new Ends();
    ends.note("broken", semaphore.acquire(broken, 3));
    ends.note("other", semaphore.acquire(scope, 3));
    ends.note("next", semaphore.acquire(scope));
    clock.now = fail;
    semaphore.permits = 2;
    await settled();
    expect([holder, ends.list]).toEqual([
      holder,
      ["broken: the clock is broken", "other: 3 permits can never be taken: the semaphore has 2."],
    ]);
    expect(semaphore.waiting).toBe(1);
  });

  it("fails a queued task, and the permit goes on (C1, M9)", async () => {
    const limit = new Semaphore(1);
    const clock = new BrokenClock();
    const holder = limit.tryAcquire();
    const works = new Works();
    const group = new TaskGroup({ limit, clock });
    const task = group.createTask(works.of("broken"));
    task.scope.deadline = 10;
    const other = TaskGroup.run((own) => void own.createTask(works.of("other")), { limit });
    clock.now = fail;
    holder?.release();
    await settled();
    expect([works.begun, task.status]).toEqual([["other"], "rejected"]);
    works.end("other");
    await other;
    expect(limit.free).toBe(1);
    clock.now = () => 0;
    await errorOf(group.join());
  });

  it("fails a run that has its turn, and the permits go on (C1, M5)", async () => {
    const semaphore = new Semaphore(1);
    const clock = new BrokenClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const holder = semaphore.tryAcquire();
    let called = false;
    const run = errorOf(semaphore.run(scope, () => (called = true)));
    holder?.release();
    clock.now = fail;
    // Once when the run reads its scope, and once when it closes it (S16).
    expect(await run).toMatchObject({ errors: [failure, failure] });
    expect([called, semaphore.free]).toEqual([false, 1]);
  });
});

describe("a clock that does more than tell the time", () => {
  it("that cancels the scope of the head while it is asked loses no permit (M2)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const clock = new BrokenClock();
    const head = new CancelScope({ clock, deadline: 10 });
    const holder = semaphore.tryAcquire();
    const ends = new Ends();
    ends.note("head", semaphore.acquire(head));
    ends.note("next", semaphore.acquire(scope));
    clock.now = () => {
      clock.now = () => 0;
      head.cancel();
      return 0;
    };
    holder?.release();
    await settled();
    expect([ends.list.includes("head"), ends.list.includes("next"), semaphore.free]).toEqual([false, true, 0]);
  });

  it("that takes permits while the queue is asked gives no permit twice (M2)", () => {
    const semaphore = new Semaphore(3);
    const clock = new BrokenClock();
    const head = new CancelScope({ clock, deadline: 10 });
    const holder = semaphore.tryAcquire(2);
    void semaphore.acquire(head, 2);
    const taken: unknown[] = [];
    clock.now = () => {
      clock.now = () => 20; // now the head is late, and its place is free
      taken.push(semaphore.tryAcquire());
      return 20;
    };
    taken.push(semaphore.tryAcquire(), semaphore.tryAcquire());
    expect(taken.filter((permit) => permit !== undefined)).toHaveLength(1);
    expect(semaphore.free).toBe(0);
    holder?.release();
    expect(semaphore.free).toBe(2);
    head.close();
  });

  it("that releases permits while the queue is asked leaves nobody waiting for a free permit (M3)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const clock = new BrokenClock();
    const head = new CancelScope({ clock, deadline: 10 });
    const holder = semaphore.tryAcquire();
    const ends = new Ends();
    ends.note("head", semaphore.acquire(head));
    clock.now = () => {
      clock.now = () => 0;
      holder?.release();
      return 0;
    };
    ends.note("next", semaphore.acquire(scope));
    await settled();
    expect([ends.list, semaphore.free, semaphore.waiting]).toEqual([["head"], 0, 1]);
  });
});

describe("an observer", () => {
  it("that cancels the scope of an acquire as it begins to wait ends the wait (M2)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    using registration = observe({ waiting: () => scope.cancel() });
    expect(registration).toBeDefined();
    expect(await errorOf(semaphore.acquire(scope))).toBe(scope.reason);
    holder?.release();
    expect(semaphore.free).toBe(1);
  });

  it("that closes the scope of an acquire as it begins to wait ends the wait (M2)", async () => {
    const semaphore = new Semaphore(1);
    using holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    using registration = observe({ waiting: () => scope.close() });
    const error = await errorOf(semaphore.acquire(scope));
    expect([holder, registration, error instanceof ClosedError, semaphore.waiting]).toEqual([
      holder,
      registration,
      true,
      0,
    ]);
  });

  it("that cancels the scope of a run as it is opened ends the wait, and leaves nothing in the queue (M2, M5)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    const run = (() => {
      using registration = observe({ opened: () => scope.cancel() });
      expect(registration).toBeDefined();
      return semaphore.run(scope, () => {});
    })();
    expect(await errorOf(run)).toBe(scope.reason);
    expect(semaphore.waiting).toBe(0);
    holder?.release();
    expect(semaphore.free).toBe(1);
  });

  it("that aborts the signal of an acquire as its scope is opened ends the wait (M2)", async () => {
    const semaphore = new Semaphore(1);
    using holder = semaphore.tryAcquire();
    const controller = new AbortController();
    using registration = observe({ opened: () => controller.abort() });
    const error = await errorOf(semaphore.acquire(controller.signal));
    expect([holder, registration, error.name, semaphore.waiting]).toEqual([holder, registration, "AbortError", 0]);
  });

  it("that releases a permit as a run or an acquire begins to wait leaves it no reason to wait (M3)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    for (const member of ["opened", "waiting"] as const) {
      let holder = semaphore.tryAcquire();
      using registration = observe({ [member]: () => holder?.release() });
      expect(registration).toBeDefined();
      expect(await semaphore.run(scope, () => "value")).toBe("value");
      holder = semaphore.tryAcquire();
      expect(holder).toBeDefined();
      (await semaphore.acquire(new AbortController().signal)).release();
    }
    expect(semaphore.free).toBe(1);
  });

  it("that releases a permit as a task is queued starts the task (M3, M9)", async () => {
    const limit = new Semaphore(1);
    for (const member of ["opened", "waiting"] as const) {
      const group = new TaskGroup({ limit });
      const holder = limit.tryAcquire();
      using registration = observe({ [member]: () => holder?.release() });
      expect(registration).toBeDefined();
      group.createTask(() => "value");
      await group.join();
    }
    expect([limit.free, limit.waiting]).toEqual([1, 0]);
  });

  it("that cancels a task as it is queued keeps it out of the queue (M9, T8)", async () => {
    const limit = new Semaphore(1);
    for (const member of ["opened", "waiting"] as const) {
      const group = new TaskGroup({ limit });
      const holder = limit.tryAcquire();
      let called = false;
      using registration = observe({ [member]: (scope: CancelScope) => scope !== group.scope && scope.cancel() });
      expect(registration).toBeDefined();
      const task = group.createTask(() => (called = true));
      expect(limit.waiting).toBe(0);
      holder?.release();
      await group.join();
      expect([called, task.status, limit.free]).toEqual([false, "cancelled", 1]);
    }
  });

  it("that lowers the permits as a run or an acquire is about to wait ends the wait, which could never end (M7)", async () => {
    for (const ask of ["run", "acquire"] as const) {
      const semaphore = new Semaphore(2, { name: "db" });
      const { signal } = new AbortController();
      const error = await (() => {
        using registration = observe({ opened: () => (semaphore.permits = 1) });
        expect(registration).toBeDefined();
        using holder = semaphore.tryAcquire();
        expect(holder).toBeDefined();
        return errorOf(ask === "run" ? semaphore.run(signal, () => {}, 2) : semaphore.acquire(signal, 2));
      })();
      expect(error).toEqual(new RangeError('2 permits can never be taken: the semaphore "db" has 1.'));
      expect([semaphore.free, semaphore.waiting]).toEqual([1, 0]);
    }
  });

  it("that gives permits back as one wait is refused does not have the task refused that they start (M7, M9)", async () => {
    const semaphore = new Semaphore(2);
    const holders = [semaphore.tryAcquire(), semaphore.tryAcquire()];
    using scope = new CancelScope();
    const refused = errorOf(semaphore.acquire(scope, 2));
    const works = new Works();
    await TaskGroup.run(
      async (group) => {
        const task = group.createTask(works.of("task"));
        {
          using registration = observe({
            waiting: (waiting) => {
              if (waiting === scope) for (const holder of holders) holder?.release();
            },
          });
          expect(registration).toBeDefined();
          semaphore.permits = 1;
        }
        await settled();
        expect([task.status, works.begun]).toEqual(["pending", ["task"]]);
        works.end("task");
      },
      { limit: semaphore },
    );
    expect(await refused).toBeInstanceOf(RangeError);
    expect([semaphore.free, semaphore.waiting]).toEqual([1, 0]);
  });

  it("that throws changes nothing for a wait (M2, N2)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const before = process.rawListeners("uncaughtException");
    const uncaught: unknown[] = [];
    process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => uncaught.push(error));
    try {
      using registration = observe({ waiting: fail, opened: fail, closed: fail });
      expect(registration).toBeDefined();
      const holder = semaphore.tryAcquire();
      const run = semaphore.run(scope, () => "value");
      holder?.release();
      expect(await run).toBe("value");
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of before) process.on("uncaughtException", listener as () => void);
    }
    expect(uncaught.length).toBeGreaterThan(0);
    expect(semaphore.free).toBe(1);
  });
});

describe("a listener of a cancellation", () => {
  it("may release: the permit skips waiters that the cancellation reaches (M2, M3)", async () => {
    const semaphore = new Semaphore(1);
    using live = new CancelScope();
    const scope = new CancelScope();
    const holder = semaphore.tryAcquire();
    scope.onCancel(() => holder?.release());
    const ends = new Ends();
    ends.note("cancelled", semaphore.acquire(scope));
    ends.note("live", semaphore.acquire(live));
    scope.cancel();
    await settled();
    expect(ends.list).toContain("live");
    expect([ends.list.includes("cancelled"), semaphore.free]).toEqual([false, 0]);
  });

  it("may acquire in the cancelled scope, which rejects, and in another one (M2)", async () => {
    const semaphore = new Semaphore(1);
    using live = new CancelScope();
    const scope = new CancelScope();
    const seen: Promise<unknown>[] = [];
    scope.onCancel(() => {
      seen.push(errorOf(semaphore.acquire(scope)));
      seen.push(semaphore.acquire(live));
    });
    scope.cancel();
    expect(await seen[0]).toBe(scope.reason);
    await seen[1];
    expect(semaphore.free).toBe(0);
  });

  it("may change permits while waiters leave (M7)", async () => {
    const semaphore = new Semaphore(4);
    using live = new CancelScope();
    using holder = semaphore.tryAcquire(4);
    const scope = new CancelScope();
    const ends = new Ends();
    ends.note("a", semaphore.acquire(live, 3));
    ends.note("b", semaphore.acquire(scope, 3));
    ends.note("c", semaphore.acquire(live, 2));
    scope.onCancel(() => {
      semaphore.permits = 2;
    });
    scope.cancel();
    await settled();
    expect(ends.list.sort()).toEqual([
      "a: 3 permits can never be taken: the semaphore has 2.",
      `b: ${scope.reason!.message}`,
    ]);
    expect([holder, semaphore.waiting]).toEqual([holder, 1]);
  });

  it("may close the scope, and the wait rejects once (M2)", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const scope = new CancelScope();
    scope.onCancel(() => scope.close());
    const error = errorOf(semaphore.acquire(scope));
    scope.cancel();
    expect(await error).toBe(scope.reason);
    holder?.release();
    expect(semaphore.free).toBe(1);
  });
});

describe("a function of run", () => {
  it("may change permits, release others' permits and call the semaphore again (M3, M7)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    const other = semaphore.tryAcquire();
    const waits = semaphore.acquire(scope, 2);
    semaphore.permits = 4;
    await semaphore.run(scope, async () => {
      semaphore.permits = 3;
      other?.release();
      (await waits).release();
      expect(semaphore.free).toBe(2);
    });
    expect(semaphore.free).toBe(3);
  });

  it("that never ends keeps its permits, and its caller can cancel everything that waits behind it (M2)", async () => {
    const mutex = new Mutex();
    const scope = new CancelScope();
    const first = errorOf(mutex.run(scope, (own) => own.sleep(Infinity)));
    const second = errorOf(mutex.run(scope, () => {}));
    scope.cancel();
    expect([await first, await second]).toEqual([scope.reason, scope.reason]);
    expect(mutex.free).toBe(1);
  });

  it("nested 200 deep holds 200 permits, and the next one is refused (M8)", async () => {
    const semaphore = new Semaphore(200);
    using scope = new CancelScope();
    const nest = (own: CancelScope, depth: number): Promise<number> =>
      semaphore.run(own, (inner) => (depth === 1 ? semaphore.free : nest(inner, depth - 1)));
    expect(await nest(scope, 200)).toBe(0);
    expect(await errorOf(nest(scope, 201))).toBeInstanceOf(InvalidStateError);
    expect(semaphore.free).toBe(200);
  });
});

it("a scope in place of options is an error, not ignored", () => {
  expect(() => new Semaphore(1, new CancelScope())).toThrow("The options must be an object, got a CancelScope.");
  expect(() => new Mutex(new CancelScope())).toThrow(TypeError);
});
