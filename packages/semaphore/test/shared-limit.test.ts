import { Supervisor } from "@selvage/supervisor";
import { asCompleted, gather, map, mapSettled, TaskGroup } from "@selvage/task-group";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, Mutex, Semaphore } from "../src/index.js";
import { errorOf, Works } from "./watching.js";

describe("a semaphore as the limit", () => {
  it("of two groups lets as many tasks of both run as it has permits, first in, first out (M9)", async () => {
    const limit = new Semaphore(2);
    const works = new Works();
    const groups = [new TaskGroup({ limit }), new TaskGroup({ limit })];
    const tasks = ["a0", "b1", "c1", "d0", "e1", "f0"].map((name) =>
      groups[Number(name[1])]!.createTask(works.of(name)),
    );
    expect([works.begun, limit.free, limit.waiting]).toEqual([["a0", "b1"], 0, 4]);
    expect(tasks.map(({ queued }) => queued)).toEqual([false, false, true, true, true, true]);
    for (const name of ["b1", "c1", "a0", "d0", "f0", "e1"]) {
      works.end(name);
      await settled();
    }
    expect(works.begun).toEqual(["a0", "b1", "c1", "d0", "e1", "f0"]);
    expect(limit.free).toBe(2);
    await Promise.all(groups.map((group) => group.join()));
  });

  it("is shared with runs and acquires, in one queue (M3, M9)", async () => {
    const limit = new Semaphore(1);
    using scope = new CancelScope();
    const works = new Works();
    await TaskGroup.run(
      async (group) => {
        const holder = await limit.acquire(scope);
        void group.createTask(works.of("task"));
        const run = limit.run(scope, works.of("run"));
        void group.createTask(works.of("last"));
        expect([works.begun, limit.waiting, limit.tryAcquire()]).toEqual([[], 3, undefined]);
        holder.release();
        expect(works.begun).toEqual(["task"]); // in the same step
        works.end("task");
        await settled();
        works.end("run");
        await run;
        await settled();
        works.end("last");
      },
      { limit },
    );
    expect([works.begun, limit.free]).toEqual([["task", "run", "last"], 1]);
  });

  it("of groups, a supervisor, map, mapSettled, gather and asCompleted at once is one limit over all of them (M9)", async () => {
    const limit = new Semaphore(3);
    const clock = new VirtualClock({ autojump: true });
    let running = 0;
    let most = 0;
    const work = async (scope: CancelScope): Promise<void> => {
      most = Math.max(most, ++running);
      await scope.sleep(10);
      running--;
    };
    const items = Array.from({ length: 20 }, (_, item) => item);
    const options = { limit, clock };
    const fill = (owner: { createTask(fn: typeof work): unknown }): void => {
      items.forEach(() => owner.createTask(work));
    };
    await Promise.all([
      TaskGroup.run(fill, options),
      TaskGroup.run(fill, options),
      Supervisor.run(fill, options),
      map(items, (_, scope) => work(scope), options),
      mapSettled(items, (_, scope) => work(scope), options),
      gather([work, work, work], options),
      (async () => {
        for await (const task of asCompleted(items, (_, scope) => work(scope), options)) expect(task.done).toBe(true);
      })(),
    ]);
    expect([most, running, limit.free, limit.waiting]).toEqual([3, 0, 3, 0]);
    expect(clock.now()).toBe(10 * Math.ceil((6 * 20 + 3) / 3)); // the permits were always in use
  });

  it("keeps a map busy: it uses each permit that other owners release (M9, T12)", async () => {
    const limit = new Semaphore(4);
    using scope = new CancelScope();
    const holder = await limit.acquire(scope, 4);
    const works = new Works();
    const items = ["a", "b", "c", "d", "e"];
    const mapping = map(items, (item) => works.of(item)(), { limit });
    await settled();
    expect([works.begun, limit.waiting]).toEqual([[], 1]); // one item is pulled ahead
    holder.release();
    await settled();
    expect([works.begun, limit.waiting]).toEqual([["a", "b", "c", "d"], 1]);
    for (const item of ["a", "b", "c", "d"]) works.end(item);
    await settled();
    works.end("e");
    expect(await mapping).toEqual(items);
  });

  it("of a map: an item whose task never starts is passed to undelivered, and the others are not (M9, T12)", async () => {
    const limit = new Semaphore(1);
    using holder = limit.tryAcquire();
    const scope = new CancelScope();
    const undelivered: number[] = [];
    const called: number[] = [];
    const options = { limit, parent: scope, undelivered: (item: number) => undelivered.push(item) };
    const mapping = errorOf(map([1, 2, 3], (item) => called.push(item), options));
    const settling = errorOf(mapSettled([4, 5, 6], (item) => called.push(item), options));
    await settled();
    expect(limit.waiting).toBe(2);
    scope.cancel();
    expect([await mapping, await settling]).toEqual([scope.reason, scope.reason]);
    expect([called, undelivered.sort(), holder]).toEqual([[], [1, 4], holder]);
  });

  it("of a map that fails: the queued item is passed to undelivered (M9, T12)", async () => {
    const limit = new Semaphore(1);
    const undelivered: number[] = [];
    const mapping = map(
      [1, 2, 3],
      async (item) => {
        await settled();
        throw new Error(`no ${item}`);
      },
      { limit, undelivered: (item) => undelivered.push(item) },
    );
    await errorOf(mapping);
    expect([undelivered, limit.free, limit.waiting]).toEqual([[2], 1, 0]);
  });

  it("a task that is cancelled while it is queued never starts, and leaves the queue at once (M4, M9, T8)", async () => {
    const limit = new Semaphore(1);
    const works = new Works();
    await TaskGroup.run(
      async (group) => {
        const holder = limit.tryAcquire();
        const first = group.createTask(works.of("first"));
        group.createTask(works.of("second"));
        first.cancel();
        expect(limit.waiting).toBe(1);
        holder?.release();
        expect(works.begun).toEqual(["second"]);
        works.end("second");
        await errorOf(Promise.resolve(first));
        expect(first.status).toBe("cancelled");
      },
      { limit },
    );
    expect(limit.free).toBe(1);
  });

  it("a group that is cancelled lets the next owner's tasks start at once (M4, M9)", async () => {
    const limit = new Semaphore(2);
    using scope = new CancelScope();
    const holder = limit.tryAcquire();
    const large = limit.acquire(scope, 2);
    const works = new Works();
    const group = new TaskGroup({ limit });
    group.createTask(works.of("never"));
    const supervisor = new Supervisor({ limit });
    supervisor.createTask(works.of("starts"));
    group.cancel();
    expect(limit.waiting).toBe(2);
    holder?.release();
    (await large).release();
    await settled();
    expect(works.begun).toEqual(["starts"]);
    works.end("starts");
    await Promise.all([group.join(), supervisor.join()]);
    expect(limit.free).toBe(2);
  });

  it("a failed task gives its permit back after its siblings were cancelled, so none of them starts (M9, T1)", async () => {
    const limit = new Semaphore(1);
    const works = new Works();
    const group = TaskGroup.run(
      (own) => {
        own.createTask(() => Promise.reject(new Error("no")));
        own.createTask(works.of("never"));
      },
      { limit },
    );
    const supervisor = Supervisor.run((own) => void own.createTask(works.of("starts")), { limit });
    await errorOf(group);
    expect(works.begun).toEqual(["starts"]);
    works.end("starts");
    await supervisor;
    expect(limit.free).toBe(1);
  });

  it("a task whose deadline passes in the step of a release is skipped (M9, S9)", async () => {
    const clock = new VirtualClock();
    const limit = new Semaphore(1);
    const holder = limit.tryAcquire();
    clock.setTimer(() => holder?.release(), 10);
    const works = new Works();
    const scope = new CancelScope({ clock, deadline: 10 });
    const group = TaskGroup.run((own) => void own.createTask(works.of("late")), { limit, parent: scope });
    const supervisor = Supervisor.run((own) => void own.createTask(works.of("next")), { limit });
    const ended = errorOf(group);
    await clock.advance(10);
    expect(await ended).toBe(scope.reason);
    expect(works.begun).toEqual(["next"]);
    works.end("next");
    await supervisor;
    expect(limit.free).toBe(1);
  });

  it("raising and lowering permits applies to tasks (M7, M9)", async () => {
    const limit = new Semaphore(1);
    const works = new Works();
    await TaskGroup.run(
      async (group) => {
        for (const name of ["a", "b", "c", "d"]) group.createTask(works.of(name));
        expect(works.begun).toEqual(["a"]);
        limit.permits = 3;
        expect(works.begun).toEqual(["a", "b", "c"]);
        limit.permits = 1;
        works.end("a");
        works.end("b");
        await settled();
        expect(works.begun).toEqual(["a", "b", "c"]);
        works.end("c");
        await settled();
        works.end("d");
      },
      { limit },
    );
    expect([works.begun, limit.free]).toEqual([["a", "b", "c", "d"], 1]);
  });

  it("a task that starts in a release may release and take permits itself (M3, M9)", async () => {
    const limit = new Semaphore(2);
    const holders = [limit.tryAcquire(), limit.tryAcquire()];
    const log: string[] = [];
    await TaskGroup.run(
      (group) => {
        group.createTask(() => {
          log.push("a");
          holders[1]?.release();
          log.push(`a has released: ${limit.free} free, ${limit.waiting} wait`);
          expect(limit.tryAcquire()).toBeUndefined();
          group.createTask(() => log.push("c"));
        });
        group.createTask(() => log.push("b"));
        holders[0]?.release();
        log.push("end of the release");
      },
      { limit },
    );
    expect(log).toEqual(["a", "a has released: 1 free, 1 wait", "b", "end of the release", "c"]);
    expect(limit.free).toBe(2);
  });

  it("a mutex is a limit of one (M9)", async () => {
    let running = 0;
    const results = await map(
      [1, 2, 3],
      async (item) => {
        expect(++running).toBe(1);
        await settled();
        running--;
        return item;
      },
      { limit: new Mutex() },
    );
    expect(results).toEqual([1, 2, 3]);
  });

  it("a supervisor that is shut down gives back the permit of a task that it abandons, once (M9, V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const limit = new Semaphore(1);
    const works = new Works();
    const supervisor = new Supervisor({ limit, clock });
    supervisor.createTask(works.of("stuck"));
    await supervisor.shutdown({ timeout: 10 });
    expect(limit.free).toBe(1);
    works.end("stuck");
    await settled();
    expect(limit.free).toBe(1);
  });

  it("10,000 tasks of each of three owners run under one limit (M9)", async () => {
    const limit = new Semaphore(7);
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, limit.permits - limit.free);
      await Promise.resolve();
    };
    const items = Array.from({ length: 10_000 }, (_, item) => item);
    const fill = (owner: { createTask(fn: typeof work): unknown }): void => {
      items.forEach(() => owner.createTask(work));
    };
    await Promise.all([TaskGroup.run(fill, { limit }), Supervisor.run(fill, { limit }), map(items, work, { limit })]);
    expect([most, limit.free, limit.waiting]).toEqual([7, 7, 0]);
  });
});
