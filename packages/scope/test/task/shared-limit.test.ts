import { describe, expect, it } from "vitest";
import { type LimitProtocol, type LimitWaiter, SHARED_LIMIT, type SharedLimit, TaskOwner } from "../../src/lowlevel.js";
import { InvalidStateError } from "../../src/index.js";
import { microtasks } from "../watching.js";

/** A minimal implementation of the interface. */
class Permits implements SharedLimit, LimitProtocol {
  readonly [SHARED_LIMIT]: LimitProtocol = this;
  free: number;
  readonly waiting = new Set<LimitWaiter>();

  constructor(free: number) {
    this.free = free;
  }

  tryTake(): boolean {
    if (this.free === 0 || this.waiting.size > 0) return false;
    this.free--;
    return true;
  }

  wait(waiter: LimitWaiter): void {
    this.waiting.add(waiter);
  }

  withdraw(waiter: LimitWaiter): void {
    this.waiting.delete(waiter);
  }

  release(): void {
    const [first] = this.waiting;
    if (first === undefined) {
      this.free++;
      return;
    }
    this.waiting.delete(first);
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
    expect([queued.status, permits.waiting.size, permits.free]).toEqual(["cancelled", 0, 0]);
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

  it("a shared limit is recognised by its brand only (T8, D2)", () => {
    const lookalike = { tryTake() {}, wait() {}, withdraw() {}, release() {} };
    expect(() => new TaskOwner("Test", { limit: lookalike as never }, { taskEnded() {} })).toThrow(TypeError);
  });
});
