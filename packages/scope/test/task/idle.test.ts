import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError } from "../../src/index.js";
import { TaskOwner } from "../../src/lowlevel.js";
import { microtasks } from "../watching.js";

function makeSet(clock?: VirtualClock): TaskOwner {
  return new TaskOwner("Crew", clock === undefined ? {} : { clock }, { taskEnded() {} });
}

describe("taskOwner.idle", () => {
  it("idle resolves when no child is left, and leaves the owner open (T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const set = makeSet(clock);
    const scope = new CancelScope({ clock });
    const tasks = [10, 20].map((ms) => set.createTask((child) => child.sleep(ms)));
    await set.idle(scope);
    expect([clock.now(), set.size, tasks.map(({ done }) => done)]).toEqual([20, 0, [true, true]]);
    expect(await set.createTask(() => "another")).toBe("another");
  });

  it("idle resolves at once if there is no child (T8)", async () => {
    await makeSet().idle(new CancelScope());
  });

  it("idle waits for children that are created meanwhile, and for queued ones (T8)", async () => {
    const set = new TaskOwner("Crew", { limit: 1 }, { taskEnded() {} });
    const seen: string[] = [];
    set.createTask(async (child) => {
      await child.checkpoint();
      set.createTask(() => void seen.push("came later"));
    });
    set.createTask(() => void seen.push("was queued"));
    await set.idle(new CancelScope());
    expect(seen).toEqual(["was queued", "came later"]);
  });

  it("idle resolves for each of several waiters, in order (T8)", async () => {
    const set = makeSet();
    const log: number[] = [];
    const waits = [1, 2, 3].map((n) => set.idle(new CancelScope()).then(() => log.push(n)));
    set.createTask(() => {});
    await Promise.all(waits);
    expect(log).toEqual([1, 2, 3]);
  });

  it("idle rejects with the CancelledError when the scope is cancelled, as sleep does, and forgets the waiter (T8, S12)", async () => {
    const set = makeSet();
    const scope = new CancelScope();
    const task = set.createTask((child) => child.sleep(Infinity));
    const idle = set.idle(scope);
    scope.cancel("enough");
    await expect(idle).rejects.toBe(scope.reason);
    await expect(set.idle(scope)).rejects.toBe(scope.reason);
    expect(task.done).toBe(false);
    task.cancel();
    await set.finish();
  });

  it("idle rejects with a ClosedError when the scope is closed (T8, S12)", async () => {
    const set = makeSet();
    const scope = new CancelScope();
    const task = set.createTask((child) => child.sleep(Infinity));
    const idle = set.idle(scope);
    scope.close();
    await expect(idle).rejects.toThrow(ClosedError);
    await expect(set.idle(scope)).rejects.toThrow(ClosedError);
    task.cancel();
    await set.finish();
  });

  it("idle is never an unhandled rejection (T8, S12)", async () => {
    const set = makeSet();
    const scope = new CancelScope();
    const task = set.createTask((child) => child.sleep(Infinity));
    void set.idle(scope);
    scope.cancel();
    void set.idle(scope);
    task.cancel();
    await set.finish();
  });

  it("idle rejects if the scope's deadline has passed when the last child ends (T8, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer() {} };
    const set = makeSet();
    const scope = new CancelScope({ clock, deadline: 10 });
    let end = (): void => {};
    set.createTask(() => new Promise<void>((resolve) => (end = resolve)));
    const idle = set.idle(scope);
    time = 10;
    end();
    await expect(idle).rejects.toMatchObject({ name: "AbortError" });
  });

  it("idle throws an InvalidStateError for a child's scope, or one below it (T8)", async () => {
    const set = makeSet();
    await set.createTask((child) => {
      expect(() => set.idle(child)).toThrow(InvalidStateError);
      using below = new CancelScope({ parent: child });
      expect(() => set.idle(below)).toThrow("A task cannot wait until its own Crew is idle: it would wait for itself.");
    });
  });

  it.each([[undefined], [null], [{}], ["scope"], [new AbortController().signal]])(
    "idle throws a TypeError for %o (T8)",
    (scope) => {
      expect(() => makeSet().idle(scope as unknown as CancelScope)).toThrow(TypeError);
    },
  );

  it("idle serves the other waiters if a waiter's listener closes another waiter's scope meanwhile (T8, S3)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer() {} };
    const set = makeSet();
    const first = new CancelScope({ clock, deadline: 10 });
    const second = new CancelScope();
    const third = new CancelScope();
    first.onCancel(() => second.close());
    let end = (): void => {};
    set.createTask(() => new Promise<void>((resolve) => (end = resolve)));
    const results = Promise.allSettled([first, second, third].map((scope) => set.idle(scope)));
    time = 10;
    end();
    await microtasks(5);
    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });
});
