import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, type Task } from "../../src/index.js";
import { describeTree } from "../../src/debug.js";
import { deferred } from "../../src/internal.js";
import { TaskOwner, type TaskOwnerOptions } from "../../src/lowlevel.js";
import { isClosed, microtasks, states } from "../watching.js";

/** A set, and all that its policy hears. */
function makeSet(options: TaskOwnerOptions = {}) {
  const told: string[] = [];
  const set: TaskOwner = new TaskOwner("Owner", options, {
    taskEnded: (task) => told.push(`${task.name} ${task.status}, ${set.size} left`),
    emptied: () => told.push("emptied"),
  });
  return { set, told };
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
  ])("refuses %o, and changes nothing (T8)", (wrong, errorClass, message) => {
    const parent = new CancelScope();
    const create = (): TaskOwner => new TaskOwner("Owner", { parent, ...wrong } as never, { taskEnded() {} });
    expect(create).toThrow(errorClass);
    expect(create).toThrow(message);
    parent.close();
  });

  it("refuses a closed parent", () => {
    const parent = new CancelScope();
    parent.close();
    expect(() => makeSet({ parent })).toThrow(ClosedError);
  });

  it("lives below its parent, on its parent's clock (C1)", async () => {
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
  it("counts a child until it has ended, and tells the policy of the end once (K4)", async () => {
    const { set, told } = makeSet();
    set.createTask(nothing, { name: "one" });
    set.createTask(() => Promise.reject(new Error("no")), { name: "two" });
    set.createTask(forever, { name: "three" }).cancel();
    expect([set.size, told]).toEqual([3, []]);
    await set.whenEmpty();
    expect(set.size).toBe(0);
    expect(told).toEqual(["one fulfilled, 2 left", "two rejected, 1 left", "three cancelled, 0 left", "emptied"]);
    set.close();
  });

  it("tells that nobody is left each time, as others may come (K4)", async () => {
    const { set, told } = makeSet();
    for (const name of ["one", "two"]) {
      set.createTask(nothing, { name });
      await set.whenEmpty();
    }
    expect(told).toEqual(["one fulfilled, 0 left", "emptied", "two fulfilled, 0 left", "emptied"]);
    set.close();
  });

  it("lets the policy create a child where another ends, before it says that nobody is left", async () => {
    const told: string[] = [];
    const set: TaskOwner = new TaskOwner(
      "Relay",
      {},
      {
        taskEnded(task) {
          told.push(task.name);
          if (told.length < 3) set.createTask(nothing, { name: `${task.name}+` });
        },
        emptied: () => told.push("emptied"),
      },
    );
    set.createTask(nothing, { name: "a" });
    await set.finish();
    expect(told).toEqual(["a", "a+", "a++", "emptied"]);
  });

  it("throws the CancelledError of a cancelled scope, and does not call the function (T6)", async () => {
    const { set } = makeSet();
    set.scope.cancel("enough");
    const create = (): unknown => set.createTask(() => expect.unreachable());
    expect(create).toThrow(set.scope.reason);
    expect(create).toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(set.size).toBe(0);
    await set.finish();
  });

  it("honours a deadline of an ancestor although no timer has fired (S9, T6)", async () => {
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
  it("make createTask throw a ClosedError with the advice, the first one given", async () => {
    const { set } = makeSet();
    set.checkOpen();
    set.refuse("Closed for the night.");
    set.refuse("Closed for good.");
    expect(() => set.checkOpen()).toThrow(new ClosedError("Closed for the night."));
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("Closed for the night."));
    await set.finish();
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("Closed for the night."));
  });

  it("come before the cancellation, which they outlast", async () => {
    const { set } = makeSet();
    set.scope.cancel();
    expect(() => set.checkOpen()).toThrow(set.scope.reason);
    set.refuse("Closed.");
    expect(() => set.checkOpen()).toThrow(ClosedError);
    await set.finish();
  });

  it("leave the children that there are alone", async () => {
    const { set } = makeSet();
    const task = set.createTask((scope) => scope.checkpoint().then(() => "done"));
    set.refuse("Closed.");
    await set.finish();
    expect(task.result()).toBe("done");
  });

  it("refuse where the scope was closed by hand: children below it would be out of reach (T6)", () => {
    const { set } = makeSet();
    set.scope.close();
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("This Owner has finished: make a new one."));
  });
});

describe("taskOwner.end", () => {
  it("closes the scope, and refuses new children (T6)", () => {
    const { set } = makeSet();
    expect(set.close()).toBeUndefined();
    expect(isClosed(set.scope)).toBe(true);
    expect(() => set.createTask(nothing)).toThrow(new ClosedError("This Owner has finished: make a new one."));
    expect(set.close()).toBeUndefined();
  });

  it("returns the error of scopes that were left open, which are cancelled and cut off (S16)", () => {
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
  it("resolves at once where there is nobody", async () => {
    const { set } = makeSet();
    await set.whenEmpty();
    set.close();
  });

  it("resolves when the last has ended: who comes right then is seen by asking again", async () => {
    const { set } = makeSet();
    set.createTask(nothing);
    void set.whenEmpty().then(() => set.createTask((scope) => scope.checkpoint()));
    await set.whenEmpty();
    expect(set.size).toBe(1);
    await set.whenEmpty();
    expect(set.size).toBe(0);
    set.close();
  });

  it("waits for whoever comes meanwhile, and can be waited for by several", async () => {
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
  it("waits for a child that is created right after it was called on an empty set (T1)", async () => {
    const { set } = makeSet();
    const finished = set.finish();
    const task = set.createTask((scope) => scope.checkpoint().then(() => "waited for"));
    expect(await finished).toBeUndefined();
    expect(task.result()).toBe("waited for");
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "either waits for a child that comes %d microtasks after the last has ended, or refuses it (T1, T6)",
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

  it("refuses in the microtask in which it closes (T6)", async () => {
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

  it("returns the error of scopes that were left open, to the first that asks (S16)", async () => {
    const { set } = makeSet();
    const open = new CancelScope({ parent: set.scope });
    const results = await Promise.all([set.finish(), set.finish()]);
    expect(results).toEqual([expect.any(InvalidStateError), undefined]);
    open.close();
  });
});

describe("taskOwner[Symbol.iterator]", () => {
  it("lists the children that have not ended, queued ones too, in order of creation", async () => {
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

  it("lists what was there when it began, whatever happens meanwhile", async () => {
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

  it("does not list one that is just ending, whose scope looks at the clock as it closes (S9)", async () => {
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
  it("finds the child that a scope belongs to, however far below it", async () => {
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

  it("knows nothing of its own scope, of scopes that are no child's, and of others", async () => {
    const { set } = makeSet();
    using plain = new CancelScope({ parent: set.scope });
    using foreign = new CancelScope();
    expect([set.scope, plain, foreign].map((scope) => set.taskOf(scope))).toEqual([undefined, undefined, undefined]);
    plain.close();
    await set.finish();
  });
});

describe("taskOwner.abandon", () => {
  it("waits for a child no more, whose end the policy still hears of (V4)", async () => {
    const { set, told } = makeSet();
    const { promise, resolve } = deferred<string>();
    const task = set.createTask(() => promise, { name: "stubborn" });
    task.cancel();
    set.abandon(task);
    set.abandon(task);
    expect(describeTree(set.scope)).not.toContain("stubborn");
    expect(await set.finish()).toBeUndefined();
    expect([set.size, [...set], told]).toEqual([0, [], ["emptied"]]);
    resolve("at last");
    expect(await task).toBe("at last");
    expect(told).toEqual(["emptied", "stubborn fulfilled, 0 left"]);
  });

  it("gives its place to the next in line (V4, T8)", async () => {
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

  it("does nothing for a child that has ended", async () => {
    const { set, told } = makeSet();
    const task = set.createTask(nothing, { name: "quick" });
    await set.whenEmpty();
    set.abandon(task);
    expect([set.size, told]).toEqual([0, ["quick fulfilled, 0 left", "emptied"]]);
    set.close();
  });
});

describe("TaskOwner with a limit", () => {
  it("runs at most that many at once, the rest pending and first in, first out (T8)", async () => {
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

  it("does not call a queued function, nor count it as running (T8)", async () => {
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
    "gives the place of a %s child to the next (T8)",
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

  it("never starts who is cancelled in the queue, first, middle or last, and keeps the order of the others (T8)", async () => {
    const { set, told } = makeSet({ limit: 1 });
    const gate = set.createTask(forever, { name: "gate" });
    const started: number[] = [];
    const tasks = Array.from({ length: 6 }, (_, index) =>
      set.createTask(() => void started.push(index), { name: String(index) }),
    );
    for (const index of [0, 2, 5]) tasks[index]!.cancel();
    expect([set.size, set.queued, set.uncalled]).toEqual([7, 3, 6]);
    await microtasks(2);
    expect(told).toEqual(["0 cancelled, 6 left", "2 cancelled, 5 left", "5 cancelled, 4 left"]);
    gate.cancel();
    await set.finish();
    expect(started).toEqual([1, 3, 4]);
  });

  it("gives nobody's place away where one is cancelled in the queue (T8)", async () => {
    const { set } = makeSet({ limit: 1 });
    const gate = set.createTask(forever);
    const [cancelled, waiting] = [set.createTask(nothing), set.createTask(nothing)];
    cancelled.cancel();
    await settled();
    expect([cancelled.status, waiting.status]).toEqual(["cancelled", "pending"]);
    gate.cancel();
    await set.finish();
  });

  it("starts nobody once the owner is cancelled (T8)", async () => {
    const { set, told } = makeSet({ limit: 1 });
    const running = set.createTask(forever);
    const queued = [1, 2].map(() => set.createTask(() => expect.unreachable()));
    set.scope.cancel();
    await set.finish();
    expect([running, ...queued].map(({ status }) => status)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(told.at(-1)).toBe("emptied");
  });

  it("starts nobody after a deadline, though no timer has fired: its own, or the owner's (T8, S9)", async () => {
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

  it("starts nobody who is cancelled by whoever starts just before (T8)", async () => {
    const { set } = makeSet({ limit: 2 });
    const gates = [set.createTask(forever), set.createTask(forever)];
    const first = set.createTask(() => second.cancel());
    const second: Task<unknown> = set.createTask(() => expect.unreachable());
    for (const gate of gates) gate.cancel();
    await set.finish();
    expect([first.status, second.status]).toEqual(["fulfilled", "cancelled"]);
  });

  it("queues behind the others what the policy creates when a place becomes free (T8)", async () => {
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

  it("queues behind the others what a child creates while it starts (T8)", async () => {
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

  it("waits no more for who was queued and had its scope closed by hand (T1)", async () => {
    const { set } = makeSet({ limit: 1 });
    set.createTask(forever);
    const task = set.createTask(() => expect.unreachable());
    task.scope.close();
    set.scope.cancel();
    await set.finish();
    expect(task.exception()).toBeInstanceOf(ClosedError);
  });

  it("lets a queued child be awaited, and cancelled by whoever awaits it (K3, T8)", async () => {
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
  it("tells name and status of the owner, of children and of who waits in the queue (C3)", async () => {
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
  it("runs nothing but the children (S14)", async () => {
    const { set } = makeSet();
    expect(() => set.scope.run(() => {})).toThrow(InvalidStateError);
    await set.finish();
  });

  it("names the children where it is closed over them by hand, and stays open (S16)", async () => {
    const { set } = makeSet({ name: "kitchen" });
    const task = set.createTask(forever, { name: "cook" });
    expect(() => set.scope.close()).toThrow('1 scope is still open in "kitchen" that ends: "cook".');
    expect(task.scope.cancelled).toBe(false);
    task.cancel();
    await set.finish();
  });
});
