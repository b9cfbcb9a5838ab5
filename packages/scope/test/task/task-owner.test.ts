import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, type Task } from "../../src/index.js";
import { describeTree } from "../../src/debug.js";
import { deferred } from "../../src/internal.js";
import { TaskOwner, type TaskOwnerOptions } from "../../src/lowlevel.js";
import { uncaughtDuring } from "../uncaught.js";
import { isClosed, microtasks, states } from "../watching.js";

/** A set, and a log of what its policy is notified of. */
function makeSet(options: TaskOwnerOptions = {}) {
  const notified: string[] = [];
  const set: TaskOwner = new TaskOwner("Owner", options, {
    taskEnded: (task) => notified.push(`${task.name} ${task.status}, ${set.size} left`),
    emptied: () => notified.push("emptied"),
  });
  return { set, notified };
}

/** A child that waits for its cancellation. */
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const nothing = (): void => {};

describe("new TaskOwner", () => {
  it.each([
    [{ limit: "2" }, TypeError, 'A limit must be a positive integer or Infinity, got "2".'],
    [{ limit: null }, TypeError, "A limit must be a positive integer or Infinity, got null."],
    [{ limit: 0 }, RangeError, "A limit must be a positive integer or Infinity, got 0."],
    [{ limit: -1 }, RangeError, "A limit must be a positive integer or Infinity, got -1."],
    [{ limit: 1.5 }, RangeError, "A limit must be a positive integer or Infinity, got 1.5."],
    [{ limit: NaN }, RangeError, "A limit must be a positive integer or Infinity, got NaN."],
    [{ name: 7 }, TypeError, 'The option "name" must be a string, got 7.'],
    [{ parent: "p" }, TypeError, 'The option "parent" must be a CancelScope or an AbortSignal, got "p".'],
    [{ clock: {} }, TypeError, 'The option "clock" must be a Clock (now, setTimer, clearTimer), got an object.'],
  ])("the constructor throws for %o, and changes nothing (T8)", (wrong, errorClass, message) => {
    const parent = new CancelScope();
    const create = (): TaskOwner => new TaskOwner("Owner", { parent, ...wrong } as never, { taskEnded() {} });
    expect(create).toThrow(errorClass);
    expect(create).toThrow(message);
    parent.close();
  });

  it("the constructor throws for a closed parent", () => {
    const parent = new CancelScope();
    parent.close();
    expect(() => makeSet({ parent })).toThrow(ClosedError);
  });

  it("a set lives below its parent, on its parent's clock (C1)", async () => {
    const clock = new VirtualClock({ start: 100 });
    const parent = new CancelScope({ clock });
    const { set } = makeSet({ parent });
    const task = set.createTask(forever);
    expect(task.scope.clock).toBe(clock);
    parent.cancel();
    expect(task.scope.reason?.scope).toBe(parent);
    await set.finish();
    parent.close();
  });
});

describe("taskOwner.createTask", () => {
  it("a child is counted until it has ended, and the policy is notified of the end once (K4)", async () => {
    const { set, notified } = makeSet();
    set.createTask(nothing, { name: "one" });
    set.createTask(() => Promise.reject(new Error("no")), { name: "two" });
    set.createTask(forever, { name: "three" }).cancel();
    expect([set.size, notified]).toEqual([3, []]);
    await set.whenEmpty();
    expect(set.size).toBe(0);
    expect(notified).toEqual(["one fulfilled, 2 left", "two rejected, 1 left", "three cancelled, 0 left", "emptied"]);
    set.close();
  });

  it("the policy is notified each time no child is left, because others may be created (K4)", async () => {
    const { set, notified } = makeSet();
    for (const name of ["one", "two"]) {
      set.createTask(nothing, { name });
      await set.whenEmpty();
    }
    expect(notified).toEqual(["one fulfilled, 0 left", "emptied", "two fulfilled, 0 left", "emptied"]);
    set.close();
  });

  it("the policy may create a child when another ends, before it is notified that none is left", async () => {
    const notified: string[] = [];
    const set: TaskOwner = new TaskOwner(
      "Relay",
      {},
      {
        taskEnded(task) {
          notified.push(task.name);
          if (notified.length < 3) set.createTask(nothing, { name: `${task.name}+` });
        },
        emptied: () => notified.push("emptied"),
      },
    );
    set.createTask(nothing, { name: "a" });
    await set.finish();
    expect(notified).toEqual(["a", "a+", "a++", "emptied"]);
  });

  it("createTask throws the CancelledError of a cancelled scope, and does not call the function (T6)", async () => {
    const { set } = makeSet();
    set.scope.cancel("enough");
    const create = (): unknown => set.createTask(() => expect.unreachable());
    expect(create).toThrow(set.scope.reason);
    expect(create).toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(set.size).toBe(0);
    await set.finish();
  });

  it("createTask notices an ancestor's deadline although no timer has fired (S9, T6)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: nothing };
    const parent = new CancelScope({ clock, deadline: 10 });
    const { set } = makeSet({ parent });
    set.createTask(nothing);
    time = 10;
    expect(() => set.createTask(() => expect.unreachable())).toThrow(
      expect.objectContaining({ name: "AbortError", scope: parent }),
    );
    await set.finish();
    parent.close();
  });
});

describe("taskOwner.refuse, taskOwner.checkOpen", () => {
  it("refuse and checkOpen throw a ClosedError with the advice that was given first", async () => {
    const { set } = makeSet();
    set.checkOpen();
    set.refuse("Closed for the night.");
    set.refuse("Closed for good.");
    expect(() => set.checkOpen()).toThrow(new ClosedError("Closed for the night."));
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("Closed for the night."));
    await set.finish();
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("Closed for the night."));
  });

  it("refuse takes precedence over the cancellation", async () => {
    const { set } = makeSet();
    set.scope.cancel();
    expect(() => set.checkOpen()).toThrow(set.scope.reason);
    set.refuse("Closed.");
    expect(() => set.checkOpen()).toThrow(ClosedError);
    await set.finish();
  });

  it("refuse does not affect existing children", async () => {
    const { set } = makeSet();
    const task = set.createTask((scope) => scope.checkpoint().then(() => "done"));
    set.refuse("Closed.");
    await set.finish();
    expect(task.result()).toBe("done");
  });

  it("createTask throws if the scope was closed by hand, because its children would be unreachable (T6)", () => {
    const { set } = makeSet();
    set.scope.close();
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("This Owner has finished: make a new one."));
  });
});

describe("taskOwner.end", () => {
  it("end closes the scope, and later children are rejected (T6)", () => {
    const { set } = makeSet();
    expect(set.close()).toBeUndefined();
    expect(isClosed(set.scope)).toBe(true);
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("This Owner has finished: make a new one."));
    expect(set.close()).toBeUndefined();
  });

  it("end returns the error of scopes that were left open, and cancels and detaches them (S16)", () => {
    const { set } = makeSet({ name: "kitchen" });
    const open = new CancelScope({ parent: set.scope, name: "stove" });
    const error = set.close();
    expect(error).toBeInstanceOf(InvalidStateError);
    expect(String(error)).toContain('1 scope is still open in "kitchen" that ends: "stove".');
    expect(open.reason).toMatchObject({ scope: open, cause: error });
    open.close();
  });
});

describe("taskOwner.drained", () => {
  it("drained resolves at once if there is no child", async () => {
    const { set } = makeSet();
    await set.whenEmpty();
    set.close();
  });

  it("drained resolves when the last child has ended, and a second call waits for a child created right then", async () => {
    const { set } = makeSet();
    set.createTask(nothing);
    void set.whenEmpty().then(() => set.createTask((scope) => scope.checkpoint()));
    await set.whenEmpty();
    expect(set.size).toBe(1);
    await set.whenEmpty();
    expect(set.size).toBe(0);
    set.close();
  });

  it("drained waits for children that are created meanwhile, and several callers may wait", async () => {
    const { set } = makeSet();
    let left = 3;
    function spawn(): void {
      if (left-- > 0) set.createTask(async (scope) => scope.checkpoint().then(spawn));
    }
    spawn();
    await Promise.all([set.whenEmpty(), set.whenEmpty()]);
    expect([left, set.size]).toEqual([-1, 0]);
    set.close();
  });
});

describe("taskOwner.finish", () => {
  it("finish waits for a child that is created right after it was called on an empty set (T1)", async () => {
    const { set } = makeSet();
    const finished = set.finish();
    const task = set.createTask((scope) => scope.checkpoint().then(() => "waited for"));
    expect(await finished).toBeUndefined();
    expect(task.result()).toBe("waited for");
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "a child created %d microtasks after the last has ended is either waited for by finish, or rejected (T1, T6)",
    async (count) => {
      const { set } = makeSet();
      const last = set.createTask(nothing);
      const finished = set.finish();
      const late = { created: undefined as Task<string> | undefined, refused: undefined as unknown };
      last.addDoneCallback(() => {
        void microtasks(count).then(() => {
          try {
            late.created = set.createTask((scope) => scope.checkpoint().then(() => "waited for"));
          } catch (error) {
            late.refused = error;
          }
        });
      });
      expect(await finished).toBeUndefined();
      await microtasks(10);
      if (late.created === undefined) expect(late.refused).toBeInstanceOf(ClosedError);
      else expect([late.created.status, late.created.result()]).toEqual(["fulfilled", "waited for"]);
    },
  );

  it("finish rejects new children from the microtask in which it closes (T6)", async () => {
    const { set } = makeSet();
    set.createTask(nothing);
    void set.finish();
    const seen = await states(() => {
      let refused = false;
      try {
        set.checkOpen();
      } catch {
        refused = true;
      }
      return `refuses ${refused}, closed ${isClosed(set.scope)}`;
    });
    expect(seen).toEqual(["refuses false, closed false", "refuses true, closed true"]);
  });

  it("finish returns the error of scopes that were left open to its first caller (S16)", async () => {
    const { set } = makeSet();
    const open = new CancelScope({ parent: set.scope });
    const results = await Promise.all([set.finish(), set.finish()]);
    expect(results).toEqual([expect.any(InvalidStateError), undefined]);
    open.close();
  });
});

describe("taskOwner.wasCut", () => {
  it("wasCut is true once a cancellation of the owner interrupted a child or kept one from starting (T4, T5)", async () => {
    for (const limit of [Infinity, 1]) {
      const { set } = makeSet({ limit });
      if (limit === Infinity) set.createTask(forever);
      // It was cancelled by itself, and ends last: wasCut stays true.
      const last = set.createTask(async (scope) => {
        await microtasks(20);
        scope.throwIfCancelled();
      });
      last.cancel();
      if (limit === 1) set.createTask(() => expect.unreachable());
      expect(set.wasCut).toBe(false);
      set.scope.cancel();
      await set.finish();
      expect(set.wasCut).toBe(true);
    }
  });

  it("wasCut stays false if children return despite the cancellation, fail, or are cancelled one by one (T4, K5)", async () => {
    const { set } = makeSet();
    set.createTask(forever).cancel();
    set.createTask((scope) => scope.sleep(Infinity).catch(() => "went on"));
    set.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(new Error("cleanup"))));
    await settled();
    set.scope.cancel();
    await set.finish();
    expect(set.wasCut).toBe(false);
  });
});

describe("taskOwner.startAll", () => {
  it("startAll starts a child for each function, in order, with its options", async () => {
    const { set } = makeSet();
    const tasks = set.startAll([{ fn: () => 1 }, { fn: () => 2, options: { name: "two" } }]);
    expect(tasks.map(({ name }) => name)).toEqual(["fn", "two"]);
    await set.finish();
    expect(tasks.map((task) => task.result())).toEqual([1, 2]);
  });

  it("startAll starts no further child once the owner is cancelled, and wasCut is true (T6)", async () => {
    const { set } = makeSet();
    const started: Task<unknown>[] = [];
    const cancels = (): void => {
      set.scope.cancel();
    };
    expect(set.startAll([{ fn: cancels }, { fn: () => expect.unreachable() }], started)).toBe(started);
    expect([started.length, set.wasCut]).toEqual([1, true]);
    await set.finish();
  });

  it("startAll throws what createTask throws if the owner is not cancelled, and wasCut stays false (T6)", () => {
    const { set } = makeSet();
    set.refuse("Too late.");
    expect(() => set.startAll([{ fn: nothing }])).toThrow(new ClosedError("Too late."));
    expect(set.wasCut).toBe(false);
  });
});

describe("the policy of a TaskOwner", () => {
  it("taskCreated receives each child that has options, with them, before its function is called (K1)", async () => {
    const log: unknown[] = [];
    const set = new TaskOwner("Owner", {}, { taskCreated: (...args) => log.push(args), taskEnded() {} });
    const options = { name: "named" };
    const task = set.createTask(() => log.push("called"), options);
    set.createTask(nothing);
    expect(log).toEqual([[task, options], "called"]);
    await set.finish();
  });

  it("an error that taskEnded throws is reported as uncaught, and the owner goes on", async () => {
    const error = new Error("policy");
    const set = new TaskOwner(
      "Owner",
      {},
      {
        taskEnded() {
          throw error;
        },
      },
    );
    const uncaught = await uncaughtDuring(async () => {
      set.createTask(nothing);
      await set.finish();
    });
    expect([uncaught, set.size]).toEqual([[error], 0]);
  });
});

describe("taskOwner[Symbol.iterator]", () => {
  it("iteration lists the children that have not ended, also queued ones, in order of creation", async () => {
    const { set } = makeSet({ limit: 2 });
    const scope = new CancelScope({ parent: set.scope, name: "no child" });
    const tasks = ["one", "two", "three"].map((name) => set.createTask(forever, { name }));
    expect([...set]).toEqual(tasks);
    tasks[0]!.cancel();
    await settled();
    expect([...set].map(({ name }) => name)).toEqual(["two", "three"]);
    set.scope.cancel();
    scope.close();
    await set.finish();
    expect([...set]).toEqual([]);
  });

  it("iteration lists the children that existed when it began, whatever happens meanwhile", async () => {
    const { set } = makeSet();
    for (const name of ["one", "two"]) set.createTask(forever, { name });
    const seen: string[] = [];
    for (const task of set) {
      seen.push(task.name);
      task.cancel();
      if (seen.length === 1) set.createTask(nothing, { name: "too late" });
      await task.then(nothing, nothing);
    }
    expect(seen).toEqual(["one", "two"]);
    await set.finish();
  });

  it("iteration does not list a child that is ending, while its scope checks the clock as it closes (S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: nothing };
    const parent = new CancelScope({ clock, deadline: 10 });
    const { set } = makeSet({ parent });
    set.createTask(() => Promise.resolve().then(() => (time = 10)), { name: "ending" });
    set.createTask(forever, { name: "live" });
    let seen: string[] = [];
    parent.onCancel(() => (seen = [...set].map(({ name }) => name)));
    await set.finish();
    expect(seen).toEqual(["live"]);
    parent.close();
  });
});

describe("taskOwner.taskOf", () => {
  it("taskOf finds the child that a scope belongs to, at any depth below it", async () => {
    const { set } = makeSet();
    const task: Task<unknown> = set.createTask(async (scope) => {
      using outer = new CancelScope({ parent: scope });
      using inner = new CancelScope({ parent: outer });
      await scope.checkpoint();
      expect([scope, outer, inner].map((node) => set.taskOf(node) === task)).toEqual([true, true, true]);
    });
    await set.finish();
    expect(task.status).toBe("fulfilled");
    expect(set.taskOf(task.scope)).toBeUndefined();
  });

  it("taskOf returns undefined for the set's own scope, for scopes that belong to no child, and for other scopes", async () => {
    const { set } = makeSet();
    using plain = new CancelScope({ parent: set.scope });
    using foreign = new CancelScope();
    expect([set.scope, plain, foreign].map((scope) => set.taskOf(scope))).toEqual([undefined, undefined, undefined]);
    plain.close();
    await set.finish();
  });
});

describe("taskOwner.abandon", () => {
  it("an abandoned child is no longer waited for, and the policy is still notified of its end (V4)", async () => {
    const { set, notified } = makeSet();
    const { promise, resolve } = deferred<string>();
    const task = set.createTask(() => promise, { name: "stubborn" });
    task.cancel();
    set.abandon(task);
    set.abandon(task);
    expect(describeTree(set.scope)).not.toContain("stubborn");
    expect(await set.finish()).toBeUndefined();
    expect([set.size, [...set], notified]).toEqual([0, [], ["emptied"]]);
    resolve("at last");
    expect(await task).toBe("at last");
    expect(notified).toEqual(["emptied", "stubborn fulfilled, 0 left"]);
  });

  it("an abandoned child frees its place for the next one in the queue (V4, T8)", async () => {
    const { set } = makeSet({ limit: 1 });
    const { promise, resolve } = deferred<undefined>();
    const stubborn = set.createTask(() => promise);
    const next = set.createTask(() => "its turn");
    stubborn.cancel();
    set.abandon(stubborn);
    expect(await next).toBe("its turn");
    resolve(undefined);
    await set.finish();
  });

  it("abandon does nothing for a child that has ended", async () => {
    const { set, notified } = makeSet();
    const task = set.createTask(nothing, { name: "quick" });
    await set.whenEmpty();
    set.abandon(task);
    expect([set.size, notified]).toEqual([0, ["quick fulfilled, 0 left", "emptied"]]);
    set.close();
  });
});

describe("TaskOwner with a limit", () => {
  it("a set with a limit runs at most that many children, and the rest wait, first in, first out (T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const { set } = makeSet({ limit: 3, clock });
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, index) =>
      set.createTask(async (scope) => {
        order.push(index);
        most = Math.max(most, ++running);
        await scope.sleep((index * 7) % 5);
        running--;
      }),
    );
    expect([order, set.size, set.queued]).toEqual([[0, 1, 2], 20, 17]);
    expect(tasks.map(({ status }) => status)).toEqual(tasks.map(() => "pending"));
    await set.finish();
    expect(order).toEqual(tasks.map((_, index) => index));
    expect([most, set.queued]).toEqual([3, 0]);
  });

  it("an owner without a limit queues nothing (T8)", async () => {
    const { set } = makeSet();
    set.createTask(nothing);
    expect([set.limit, set.queued, set.uncalled]).toEqual([Infinity, 0, 0]);
    await set.finish();
  });

  it("a queued function is not called, and not counted as running (T8)", async () => {
    const { set } = makeSet({ limit: 1 });
    const first = set.createTask(forever);
    let called = false;
    const second = set.createTask(() => void (called = true));
    await settled();
    expect([called, second.status, set.size, set.queued]).toEqual([false, "pending", 2, 1]);
    first.cancel();
    await set.finish();
    expect([called, second.status]).toEqual([true, "fulfilled"]);
  });

  it.each(["fulfilled", "rejected", "cancelled"] as const)(
    "the place of a %s child goes to the next one (T8)",
    async (how) => {
      const { set } = makeSet({ limit: 1 });
      const { promise, resolve, reject } = deferred<undefined>();
      const first = set.createTask((scope) => scope.race(promise));
      const next = set.createTask(() => "its turn");
      if (how === "fulfilled") resolve(undefined);
      else if (how === "rejected") reject(new Error("no"));
      else first.cancel();
      expect(await next).toBe("its turn");
      expect(first.status).toBe(how);
      await set.finish();
    },
  );

  it("a child cancelled at the front, middle or end of the queue never starts, and the others keep their order (T8)", async () => {
    const { set, notified } = makeSet({ limit: 1 });
    const gate = set.createTask(forever, { name: "gate" });
    const started: number[] = [];
    const tasks = Array.from({ length: 6 }, (_, index) =>
      set.createTask(() => void started.push(index), { name: String(index) }),
    );
    for (const index of [0, 2, 5]) tasks[index]!.cancel();
    expect([set.size, set.queued, set.uncalled]).toEqual([7, 3, 6]);
    await microtasks(2);
    expect(notified).toEqual(["0 cancelled, 6 left", "2 cancelled, 5 left", "5 cancelled, 4 left"]);
    gate.cancel();
    await set.finish();
    expect(started).toEqual([1, 3, 4]);
  });

  it("a child that is cancelled in the queue frees no place (T8)", async () => {
    const { set } = makeSet({ limit: 1 });
    const gate = set.createTask(forever);
    const [cancelled, waiting] = [set.createTask(nothing), set.createTask(nothing)];
    cancelled.cancel();
    await settled();
    expect([cancelled.status, waiting.status]).toEqual(["cancelled", "pending"]);
    gate.cancel();
    await set.finish();
  });

  it("no queued child starts once the owner is cancelled (T8)", async () => {
    const { set, notified } = makeSet({ limit: 1 });
    const running = set.createTask(forever);
    const queued = [1, 2].map(() => set.createTask(() => expect.unreachable()));
    set.scope.cancel();
    await set.finish();
    expect([running, ...queued].map(({ status }) => status)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(notified.at(-1)).toBe("emptied");
  });

  it("no queued child starts after its own or the owner's deadline, though no timer has fired (T8, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: nothing };
    for (const whose of ["child", "owner"]) {
      const parent = new CancelScope({ clock, deadline: whose === "owner" ? time + 10 : Infinity });
      const { set } = makeSet({ parent, limit: 1 });
      const { promise, resolve } = deferred<undefined>();
      set.createTask(() => promise);
      const late = set.createTask(() => expect.unreachable());
      if (whose === "child") late.scope.deadline = time + 10;
      time += 10;
      resolve(undefined);
      await set.finish();
      expect([whose, late.status, late.scope.reason?.deadline]).toEqual([whose, "cancelled", time]);
      parent.close();
    }
  });

  it("a queued child that the previous child cancels as it starts never starts (T8)", async () => {
    const { set } = makeSet({ limit: 2 });
    const gates = [set.createTask(forever), set.createTask(forever)];
    const first = set.createTask(() => second.cancel());
    const second: Task<unknown> = set.createTask(() => expect.unreachable());
    for (const gate of gates) gate.cancel();
    await set.finish();
    expect([first.status, second.status]).toEqual(["fulfilled", "cancelled"]);
  });

  it("a child that the policy creates when a place becomes free queues behind the others (T8)", async () => {
    const order: string[] = [];
    const start = (name: string): unknown => set.createTask(() => void order.push(name), { name });
    const set: TaskOwner = new TaskOwner(
      "Relay",
      { limit: 1 },
      {
        taskEnded: (task) => task.name === "first" && start("of the policy"),
      },
    );
    for (const name of ["first", "second"]) start(name);
    await set.finish();
    expect(order).toEqual(["first", "second", "of the policy"]);
  });

  it("a child that another child creates while it starts queues behind the others (T8)", async () => {
    const { set } = makeSet({ limit: 1 });
    const order: string[] = [];
    set.createTask(() => {
      order.push("first");
      set.createTask(() => void order.push("created by the first"));
    });
    set.createTask(() => void order.push("second"));
    await set.finish();
    expect(order).toEqual(["first", "created by the first", "second"]);
  });

  it("a queued child whose scope was closed by hand is no longer waited for (T1)", async () => {
    const { set } = makeSet({ limit: 1 });
    set.createTask(forever);
    const task = set.createTask(() => expect.unreachable());
    task.scope.close();
    set.scope.cancel();
    await set.finish();
    expect(task.exception()).toBeInstanceOf(ClosedError);
  });

  it("a queued child may be awaited, and cancelled by the code that awaits it (K3, T8)", async () => {
    const { set } = makeSet({ limit: 1 });
    const gate = set.createTask(forever);
    const queued = set.createTask(() => 42);
    const awaiting = Promise.allSettled([queued]);
    queued.cancel("too slow");
    expect(await awaiting).toEqual([{ status: "rejected", reason: queued.scope.reason }]);
    gate.cancel();
    await set.finish();
  });
});

describe("describeTree of a TaskOwner", () => {
  it("describeTree prints name and status of the owner, of its children and of queued children (C3)", async () => {
    const clock = new VirtualClock();
    const { set } = makeSet({ name: "kitchen", limit: 1, clock });
    set.createTask(async function cook(scope) {
      using step = new CancelScope({ parent: scope, name: "boil" });
      await step.sleep(5_000);
    });
    await clock.advance(1_500);
    set.createTask(nothing, { name: "serve" });
    expect(describeTree(set.scope).split("\n")).toEqual([
      'Owner "kitchen": live',
      '  task "cook": running',
      '    scope "boil": live',
      '  task "serve": queued',
    ]);
    set.scope.cancel();
    expect(describeTree(set.scope).split("\n")).toEqual([
      'Owner "kitchen": cancelled',
      '  task "cook": running, cancelled',
      '    scope "boil": cancelled',
      '  task "serve": queued, cancelled',
    ]);
    await set.finish();
    expect(describeTree(set.scope)).toBe('Owner "kitchen": cancelled');
  });
});

describe("taskOwner.scope", () => {
  it("the scope of a set runs nothing but the children (S14)", async () => {
    const { set } = makeSet();
    expect(() => set.scope.run(() => {})).toThrow(InvalidStateError);
    await set.finish();
  });

  it("the scope of a set names its children if it is closed by hand, and stays open (S16)", async () => {
    const { set } = makeSet({ name: "kitchen" });
    const task = set.createTask(forever, { name: "cook" });
    expect(() => set.scope.close()).toThrow('1 scope is still open in "kitchen" that ends: "cook".');
    expect(task.scope.cancelled).toBe(false);
    task.cancel();
    await set.finish();
  });
});
