import { Supervisor } from "@selvage/supervisor";
import { membersOf } from "@selvage/scope/lowlevel";
import { ExceptionGroup, map, mapSettled, TaskGroup } from "@selvage/task-group";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, Mutex, Semaphore } from "../src/index.js";
import { errorOf, Works } from "./watching.js";

describe("a wait that can never end", () => {
  it("a mutex that is taken twice rejects with an error that names the holder (M8)", async () => {
    const mutex = new Mutex({ name: "db" });
    using scope = new CancelScope();
    const nested = mutex.run(scope, function transfer(own) {
      return mutex.run(own, () => "never");
    });
    const error = await errorOf(nested);
    expect(error).toBeInstanceOf(InvalidStateError);
    expect(error.message).toBe(
      'This wait for the mutex "db" would never end: the code that waits is inside what holds the permits ("transfer" holds 1 of 1).',
    );
    expect([mutex.free, mutex.waiting]).toEqual([1, 0]);
  });

  it("acquire rejects as run does, also in a scope below, and with the signal of one (M8)", async () => {
    const mutex = new Mutex();
    using scope = new CancelScope();
    await mutex.run(scope, async (own) => {
      using below = new CancelScope({ parent: own });
      using shielded = new CancelScope({ parent: below, shield: true });
      for (const waiting of [own, below, shielded, own.signal, below.signal]) {
        expect(await errorOf(mutex.acquire(waiting))).toBeInstanceOf(InvalidStateError);
        expect(await errorOf(mutex.run(waiting, () => {}))).toBeInstanceOf(InvalidStateError);
      }
    });
    expect(mutex.free).toBe(1);
  });

  it("nested runs count together, with the numbers that they hold (M8)", async () => {
    const semaphore = new Semaphore(5, { name: "memory" });
    using scope = new CancelScope();
    await semaphore.run(
      scope,
      async function outer(own) {
        await semaphore.run(
          own,
          async function inner(innermost) {
            (await semaphore.acquire(innermost)).release(); // 1 is left
            const error = await errorOf(semaphore.acquire(innermost, 2));
            expect(error).toBeInstanceOf(InvalidStateError);
            expect(error.message).toContain('("inner" holds 1 of 5, "outer" holds 3 of 5)');
          },
          1,
        );
        (await semaphore.acquire(own, 2)).release();
      },
      3,
    );
    expect(semaphore.free).toBe(5);
  });

  it("a wait that only others hold up waits, although it is inside a holder (M8)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    const works = new Works();
    const other = semaphore.run(scope, works.of("other"));
    const nested = semaphore.run(scope, (own) => semaphore.run(own, works.of("nested")));
    await settled();
    expect([works.begun, semaphore.waiting]).toEqual([["other"], 1]);
    works.end("other");
    await other;
    await settled();
    works.end("nested");
    expect(await nested).toBe("nested");
  });

  it("permits from acquire are not counted (M8)", async () => {
    const semaphore = new Semaphore(1);
    using scope = new CancelScope();
    const permit = await semaphore.acquire(scope);
    const second = semaphore.acquire(scope);
    expect(semaphore.waiting).toBe(1);
    permit.release();
    (await second).release();
  });

  it("a run beside the waiting scope is not counted (M8)", async () => {
    const mutex = new Mutex();
    using scope = new CancelScope();
    const works = new Works();
    const first = mutex.run(scope, works.of("first"));
    const second = mutex.run(scope, works.of("second"));
    works.end("first");
    await first;
    await settled();
    works.end("second");
    await second;
    expect(works.begun).toEqual(["first", "second"]);
  });

  it("two semaphores do not count together (M8)", async () => {
    const [a, b] = [new Mutex({ name: "a" }), new Mutex({ name: "b" })];
    using scope = new CancelScope();
    expect(await a.run(scope, (own) => b.run(own, () => "both"))).toBe("both");
    const works = new Works();
    const other = b.run(scope, works.of("other"));
    const nested = a.run(scope, (own) => b.run(own, () => "after"));
    works.end("other");
    expect([await other, await nested]).toEqual(["other", "after"]);
  });

  it("lowering permits ends a wait that can no longer end (M7, M8)", async () => {
    const semaphore = new Semaphore(2);
    using scope = new CancelScope();
    using other = semaphore.tryAcquire();
    const nested = semaphore.run(scope, (own) => semaphore.acquire(own));
    expect(semaphore.waiting).toBe(1);
    semaphore.permits = 1;
    expect(await errorOf(nested)).toBeInstanceOf(InvalidStateError);
    expect([other, semaphore.waiting]).toEqual([other, 0]);
  });

  it("a holder without a name is called anonymous (M8)", async () => {
    const mutex = new Mutex();
    using scope = new CancelScope();
    const run = mutex.run(
      scope,
      (
        () => (own: CancelScope) =>
          mutex.acquire(own)
      )(),
    );
    expect((await errorOf(run)).message).toContain('("anonymous" holds 1 of 1)');
  });

  it("a recursive map under one shared limit fails, and names the task (M8, M9)", async () => {
    const limit = new Semaphore(1, { name: "files" });
    const walk = (depth: number, parent?: CancelScope): Promise<number[]> =>
      map(
        [1, 2],
        async function visit(item: number, scope: CancelScope) {
          if (depth > 0) await walk(depth - 1, scope);
          return item;
        },
        { limit, ...(parent && { parent }) },
      );
    const [inner] = membersOf(await errorOf(walk(1)))!;
    const [error] = membersOf(inner)! as Error[];
    expect(error).toBeInstanceOf(InvalidStateError);
    expect(error!.message).toContain('the semaphore "files"');
    expect(error!.message).toContain('("visit" holds 1 of 1)');
    expect([limit.free, limit.waiting]).toEqual([1, 0]);
    expect(await walk(0)).toEqual([1, 2]);
  });

  it("a recursive map is as deep as there are permits, and no deeper (M8, M9)", async () => {
    const limit = new Semaphore(3);
    const nest = (depth: number, parent?: CancelScope): Promise<string[]> =>
      map(["leaf"], async (item, scope) => (depth > 1 ? (await nest(depth - 1, scope))[0]! : item), {
        limit,
        ...(parent && { parent }),
      });
    expect(await nest(3)).toEqual(["leaf"]);
    await expect(nest(4)).rejects.toBeInstanceOf(ExceptionGroup);
    expect(limit.free).toBe(3);
  });

  it("a limited task that waits for its own limit in a run, an acquire or a group is refused (M8, M9)", async () => {
    const limit = new Semaphore(1, { name: "one" });
    const seen: unknown[] = [];
    await TaskGroup.run(
      (group) => {
        group.createTask(async (scope) => {
          seen.push(await errorOf(limit.run(scope, () => {})));
          seen.push(await errorOf(limit.acquire(scope)));
          const inner = TaskGroup.run((own) => void own.createTask(() => {}), { parent: scope, limit });
          seen.push(membersOf(await errorOf(inner))?.[0]);
        });
      },
      { limit },
    );
    expect(seen.map((error) => error instanceof InvalidStateError)).toEqual([true, true, true]);
    expect(limit.free).toBe(1);
  });

  it("a supervisor below a limited task reports the refusal of its tasks to onError (M8, M9)", async () => {
    const limit = new Semaphore(1);
    const errors: unknown[] = [];
    using scope = new CancelScope();
    await limit.run(scope, (own) =>
      Supervisor.run((supervisor) => void supervisor.createTask(() => {}), {
        parent: own,
        limit,
        onError: (error) => errors.push(error),
      }),
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(InvalidStateError);
  });

  it("mapSettled below a run has the refusal as each item's reason, and ends (M8, M9)", async () => {
    const limit = new Semaphore(1);
    using scope = new CancelScope();
    const results = await limit.run(scope, (own) => mapSettled([1, 2, 3], (item) => item, { parent: own, limit }));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(results.map((result) => (result as PromiseRejectedResult).reason instanceof InvalidStateError)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("a restarted task holds its permit over all runs, and is refused in each (M8, M9)", async () => {
    const limit = new Semaphore(1);
    let runs = 0;
    const outcomes: unknown[] = [];
    await Supervisor.run(
      (supervisor) => {
        supervisor.createTask(
          async (scope) => {
            outcomes.push(limit.free, await errorOf(limit.acquire(scope)));
            if (++runs < 3) throw new Error("again");
          },
          { restart: { when: "on-failure", maxRestarts: 5, within: 1_000 } },
        );
      },
      { limit, onError: () => {} },
    );
    expect(outcomes.map((outcome) => (outcome instanceof InvalidStateError ? "refused" : outcome))).toEqual([
      0,
      "refused",
      0,
      "refused",
      0,
      "refused",
    ]);
    expect(limit.free).toBe(1);
  });
});
