import { describe, expect, it, vi } from "vitest";
import { describeTree } from "../../src/debug.js";
import {
  type LimitProtocol,
  type LimitWaiter,
  observe,
  SHARED_LIMIT,
  type SharedLimit,
  TaskOwner,
} from "../../src/lowlevel.js";
import { InvalidStateError } from "../../src/index.js";
import { microtasks } from "../watching.js";

/** A minimal implementation of the interface. */
class Permits implements SharedLimit, LimitProtocol {
  readonly [SHARED_LIMIT]: LimitProtocol = this;
  free: number;
  readonly queue = new Set<LimitWaiter>();
  readonly waiting = "a test's permits";
  readonly holding = "a test's permit";

  constructor(free: number) {
    this.free = free;
  }

  tryTake(): boolean {
    if (this.free === 0 || this.queue.size > 0) return false;
    this.free--;
    return true;
  }

  wait(waiter: LimitWaiter): void {
    if (this.free > 0 && this.queue.size === 0) {
      this.free--;
      waiter.grant();
    } else {
      this.queue.add(waiter);
    }
  }

  withdraw(waiter: LimitWaiter): void {
    this.queue.delete(waiter);
  }

  release(): void {
    const [first] = this.queue;
    if (first === undefined) {
      this.free++;
      return;
    }
    this.queue.delete(first);
    first.grant();
  }
}

function makeOwners(permits: Permits) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const owners = ["a", "b"].map(() => new TaskOwner("Test", { limit: permits }, { taskEnded() {} }));
  const add = (owner: TaskOwner, name: string) =>
    owner.createTask(
      () => {
        started.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      },
      { name },
    );
  return { owners: owners as [TaskOwner, TaskOwner], started, ends, add };
}

describe("a limit that several owners share", () => {
  it("a shared limit lets as many tasks of all owners run as it has permits, first in, first out (T8)", async () => {
    const permits = new Permits(2);
    const { owners, started, ends, add } = makeOwners(permits);
    const tasks = [
      add(owners[0], "a1"),
      add(owners[1], "b1"),
      add(owners[0], "a2"),
      add(owners[1], "b2"),
      add(owners[0], "a3"),
    ];
    expect(started).toEqual(["a1", "b1"]);
    expect(tasks.map(({ queued }) => queued)).toEqual([false, false, true, true, true]);
    for (const name of ["b1", "a1", "b2", "a2", "a3"]) {
      ends.get(name)!();
      await microtasks(3);
    }
    expect(started).toEqual(["a1", "b1", "a2", "b2", "a3"]);
    expect(permits.free).toBe(2);
  });

  it("a task that was cancelled in the queue never starts, and releases no permit (T8)", async () => {
    const permits = new Permits(1);
    const { owners, started, ends, add } = makeOwners(permits);
    add(owners[0], "a1");
    const queued = add(owners[1], "b1");
    queued.cancel();
    await microtasks(3);
    expect([queued.status, permits.queue.size, permits.free]).toEqual(["cancelled", 0, 0]);
    ends.get("a1")!();
    await microtasks(3);
    expect([permits.free, started]).toEqual([1, ["a1"]]);
  });

  it("a failed task and an abandoned task release their permits, once (T8)", async () => {
    const permits = new Permits(2);
    const { owners, ends, add } = makeOwners(permits);
    owners[0].createTask(() => Promise.reject(new Error("no")));
    const stubborn = add(owners[0], "stubborn");
    stubborn.cancel();
    owners[0].abandon(stubborn);
    await microtasks(3);
    expect(permits.free).toBe(2);
    ends.get("stubborn")!();
    await microtasks(3);
    expect(permits.free).toBe(2);
  });

  it("a queued task that is abandoned before its own cancellation listener runs releases no permit (T8)", async () => {
    const permits = new Permits(1);
    const { owners, started, ends, add } = makeOwners(permits);
    add(owners[0], "a1");
    add(owners[1], "b1");
    const queued = add(owners[0], "a2");
    let seen: number[] = [];
    owners[0].scope.onCancel(() => {
      owners[0].abandon(queued);
      seen = [owners[0].size, owners[0].queued];
    });
    owners[0].scope.cancel();
    await microtasks(3);
    expect([seen, queued.status, started]).toEqual([[1, 0], "cancelled", ["a1"]]);
    ends.get("a1")!();
    await microtasks(3);
    expect([started, permits.free]).toEqual([["a1", "b1"], 0]);
    ends.get("b1")!();
    await microtasks(3);
    expect(permits.free).toBe(1);
  });

  it("a limit that the policy sets as the last task ends gets no release for a permit that it did not grant (T8)", async () => {
    const permits = new Permits(1);
    const owner = new TaskOwner(
      "Test",
      { limit: 2 },
      {
        taskEnded: () => {
          owner.limit = permits;
        },
      },
    );
    owner.createTask(() => {});
    await microtasks(3);
    expect([owner.size, owner.limit, permits.free]).toEqual([0, permits, 1]);
  });

  it("a limit that the policy replaces as the last task ends gets that task's permit back (T8)", async () => {
    const permits = new Permits(1);
    const owner = new TaskOwner(
      "Test",
      { limit: permits },
      {
        taskEnded: () => {
          owner.limit = 3;
        },
      },
    );
    owner.createTask(() => {});
    expect(permits.free).toBe(0);
    await microtasks(3);
    expect([owner.limit, permits.free]).toEqual([3, 1]);
  });

  it("a shared limit can be read back, and cannot be replaced while there are tasks (T8)", async () => {
    const permits = new Permits(1);
    const { owners, ends, add } = makeOwners(permits);
    expect(owners[0].limit).toBe(permits);
    add(owners[0], "a1");
    expect(() => (owners[0].limit = 3)).toThrow(InvalidStateError);
    expect(owners[0].limit).toBe(permits);
    ends.get("a1")!();
    await microtasks(3);
    owners[0].limit = 3;
    expect(owners[0].limit).toBe(3);
  });

  it("a permit that an observer releases as a task is queued starts the task (T8, N2)", async () => {
    const permits = new Permits(1);
    const { owners, started, ends, add } = makeOwners(permits);
    permits.free = 0;
    {
      using registration = observe({ opened: () => void (permits.free = 1) });
      expect(registration).toBeDefined();
      add(owners[0], "a1");
    }
    expect([started, permits.free]).toEqual([["a1"], 0]);
    ends.get("a1")!();
    await microtasks(3);
    expect(permits.free).toBe(1);
  });

  it("describeTree and observers see what a task waits for, and what it holds until it ends or is abandoned (C3, N2)", async () => {
    const permits = new Permits(1);
    const events: string[] = [];
    const { owners, ends, add } = makeOwners(permits);
    using registration = observe({
      opened: (scope) => events.push(`${scope.name} opened`),
      waiting: (scope, what) => events.push(`${scope.name} waits for ${what}`),
      started: (scope) => events.push(`${scope.name} started`),
    });
    expect(registration).toBeDefined();
    const stuck = add(owners[0], "a1");
    add(owners[0], "a2");
    expect(describeTree(owners[0].scope).split("\n").slice(1)).toEqual([
      '  task "a1": running, holds a test\'s permit',
      '  task "a2": queued, waits for a test\'s permits',
    ]);
    stuck.cancel();
    owners[0].abandon(stuck);
    expect(describeTree(stuck.scope)).not.toContain("holds");
    expect(describeTree(owners[0].scope).split("\n").slice(1)).toEqual([
      '  task "a2": running, holds a test\'s permit',
    ]);
    expect(events).toEqual([
      "a1 opened",
      "a1 started",
      "a2 opened",
      "a2 waits for a test's permits",
      "a2 waits for undefined",
      "a2 started",
    ]);
    for (const name of ["a1", "a2"]) ends.get(name)!();
    await microtasks(3);
    expect(permits.free).toBe(1);
  });

  it("no task of one owner starts before an earlier one that has its turn, without AsyncResource (T8)", async () => {
    vi.resetModules();
    const lookUp = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    try {
      const { TaskOwner: Owner } = await import("../../src/lowlevel.js");
      const permits = new Permits(1);
      const owner = new Owner("Test", { limit: permits }, { taskEnded() {} });
      const started: string[] = [];
      const ends: (() => void)[] = [];
      const add = (name: string): unknown =>
        owner.createTask(() => {
          started.push(name);
          return new Promise<void>((resolve) => ends.push(resolve));
        });
      add("a");
      add("b");
      permits.free = 2;
      permits.release(); // b has its turn, and begins in a microtask
      add("c");
      expect(started).toEqual(["a"]);
      await microtasks(3);
      expect(started).toEqual(["a", "b", "c"]);
      for (const end of ends) end();
      await owner.finish();
      expect(permits.free).toBe(4);
    } finally {
      lookUp.mockRestore();
      vi.resetModules();
    }
  });

  it("a shared limit is recognised by its brand only (T8, D2)", () => {
    const lookalike = { tryTake() {}, wait() {}, withdraw() {}, release() {} };
    expect(() => new TaskOwner("Test", { limit: lookalike as never }, { taskEnded() {} })).toThrow(TypeError);
  });
});
