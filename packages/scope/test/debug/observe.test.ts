import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { CancelledError, CancelScope, type Clock, ClosedError, InvalidStateError, type Task } from "../../src/index.js";
import { factsOf, observe, type Observer, parentOf, type ScopeEnd, TaskOwner } from "../../src/lowlevel.js";
import { keepHot } from "../../src/support/keep-hot.js";
import { observer as folded } from "../../src/tree/observer.js";
import { addWaiter, removeWaiter, Waiter } from "../../src/tree/waiter.js";
import { HandClock } from "../hand-clock.js";
import { turn, uncaughtDuring } from "../uncaught.js";

const policy = { taskEnded() {} };
const MEMBERS = ["opened", "started", "waiting", "cancelled", "closed"] as const;
let registered: Disposable[] = [];

afterEach(() => {
  for (const each of registered) each[Symbol.dispose]();
  registered = [];
  expect(folded).toBeUndefined();
});

/** Registers an observer until the end of the test. */
function watch(observer: Observer): Disposable {
  const registration = observe(observer);
  registered.push(registration);
  return registration;
}

/** Records the events as text, a line each. */
function log(events: string[] = []): string[] {
  watch({
    opened: (scope) => events.push(`open ${scope.name}`),
    started: (scope) => events.push(`start ${scope.name}`),
    waiting: (scope, what) => events.push(`${scope.name} waits for ${what}`),
    cancelled: (scope) => events.push(`cancel ${scope.name}`),
    closed: (scope, { status }) => events.push(`close ${scope.name}: ${status}`),
  });
  return events;
}

/** Records how each scope has ended, by name. */
function ends(): Record<string, ScopeEnd[]> {
  const all: Record<string, ScopeEnd[]> = {};
  watch({ closed: (scope, end) => (all[scope.name!] ??= []).push(end) });
  return all;
}

const raise = (): never => {
  throw new Error("hostile");
};

/** A program with every kind of event, which does not fail. */
async function program(): Promise<unknown> {
  return CancelScope.run(
    async (page) => {
      const owner = new TaskOwner("Crew", { parent: page, name: "crew", limit: 1 }, policy);
      const task = owner.createTask(() => "value", { name: "first" });
      owner.createTask((scope) => scope.sleep(60_000), { name: "second" }).addDoneCallback(() => {});
      await task;
      addWaiter(new Acquiring(page));
      page.cancel("enough");
      await owner.finish();
      return "done";
    },
    { name: "page" },
  );
}

class Acquiring extends Waiter {
  readonly told: string[] = [];
  override get waiting(): string {
    return 'semaphore "db"';
  }
  override cancelled(): void {
    this.told.push("cancelled");
  }
  override closed(): void {
    this.told.push("closed");
  }
}

const EVENTS = [
  "open page",
  "start page",
  "open crew",
  "open first",
  "start first",
  "open second",
  "close first: fulfilled",
  "start second",
  'page waits for semaphore "db"',
  "cancel page",
  "page waits for undefined",
  "close second: cancelled",
  "close crew: cancelled",
  "close page: cancelled",
];

describe("observe", () => {
  it("several observers may be registered, and are called in order of registration (N1)", () => {
    const calls: string[] = [];
    watch({ opened: () => calls.push("first") });
    watch({ opened: () => calls.push("second") });
    new CancelScope().close();
    expect(calls).toEqual(["first", "second"]);
  });

  it("an observer that was removed gets no more events, and the others do (N1)", () => {
    const calls: string[] = [];
    const first = watch({ opened: () => calls.push("first") });
    watch({ opened: () => calls.push("second") });
    first[Symbol.dispose]();
    new CancelScope().close();
    expect(calls).toEqual(["second"]);
  });

  it("observers are folded into one, which has no members that none of them needs, and there is none without observers (N1)", () => {
    expect(folded).toBeUndefined();
    const first = watch({ started() {} });
    const fixed = ["cancelled", "opened"]; // for the time of a cancellation, and for scopes that stand for signals
    expect(Object.keys(folded!).sort()).toEqual([...fixed, "started"]);
    const second = watch({ closed() {} });
    expect(Object.keys(folded!).sort()).toEqual(["cancelled", "closed", "opened", "started"]);
    first[Symbol.dispose]();
    expect(Object.keys(folded!).sort()).toEqual(["cancelled", "closed", "opened"]);
    second[Symbol.dispose]();
    expect(folded).toBeUndefined();
  });

  it("an observer that is registered twice is called twice, and each handle removes one registration (N1)", () => {
    let calls = 0;
    const observer = { opened: () => calls++ };
    const first = watch(observer);
    watch(observer);
    new CancelScope().close();
    expect(calls).toBe(2);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    new CancelScope().close();
    expect(calls).toBe(3);
  });

  it("an observer that was removed twice, and registered again in between, stays registered (N1)", () => {
    let calls = 0;
    const observer = { opened: () => calls++ };
    const first = observe(observer);
    first[Symbol.dispose]();
    watch(observer);
    first[Symbol.dispose]();
    new CancelScope().close();
    expect(calls).toBe(1);
  });

  it("members are called as methods of the observer, which may be an instance with private members (N1)", async () => {
    class Counter {
      #calls = 0;
      opened(): void {
        this.#calls++;
      }
      run<R>(_: CancelScope, fn: () => R): R {
        this.#calls += 10;
        return fn();
      }
      get calls(): number {
        return this.#calls;
      }
    }
    const counter = new Counter();
    watch(counter);
    await CancelScope.run(() => {});
    expect(counter.calls).toBe(11);
  });

  it("a member is called with the arguments of its event, and no others (N2)", () => {
    const calls: unknown[][] = [];
    watch({
      opened: (...args) => calls.push(args),
      cancelled: (...args) => calls.push(args),
      closed: (...args) => calls.push(args),
    });
    const scope = new CancelScope();
    scope.cancel();
    scope.close();
    expect(calls).toEqual([[scope], [scope, scope.reason], [scope, { status: "cancelled" }]]);
  });

  it.each([[undefined], [null], ["observer"], [1], [() => {}]])(
    "an observer that is not an object is a TypeError: %o",
    (observer) => {
      expect(() => observe(observer as Observer)).toThrow(TypeError);
      expect(folded).toBeUndefined();
    },
  );

  it.each([...MEMBERS, "failed", "shutdown", "run"])("a member that is not a function is a TypeError: %s", (name) => {
    expect(() => observe({ opened() {}, [name]: "no function" })).toThrow(
      new TypeError(`The observer's ${name} must be a function, got "no function".`),
    );
    expect(() => observe({ [name]: null })).toThrow(TypeError);
    expect(folded).toBeUndefined();
  });

  it.each([...MEMBERS, "failed", "shutdown", "run"])(
    "an error that reading the member %s throws is passed on, and nothing is registered",
    (name) => {
      const hostile = Object.defineProperty({ opened() {} }, name, { get: raise });
      expect(() => observe(hostile)).toThrow(new Error("hostile"));
      expect(folded).toBeUndefined();
    },
  );

  it("members are read once, when the observer is registered", () => {
    let reads = 0;
    const observer = {
      get opened(): () => void {
        return reads++ === 0 ? () => {} : raise();
      },
    };
    watch(observer);
    new CancelScope().close();
    watch({}); // folds again
    new CancelScope().close();
    expect(reads).toBe(1);
  });

  it("an observer whose members are undefined, or that has others, observes nothing", async () => {
    watch({ opened: undefined, other: "value" } as unknown as Observer);
    expect(await uncaughtDuring(program)).toEqual([]);
  });
});

describe("the events of an observer", () => {
  it("come in the order in which things happen (N2)", async () => {
    const events = log();
    expect(await program()).toBe("done");
    expect(events).toEqual(EVENTS);
  });

  it("have no effect on the program if every member throws: each error is reported as uncaught, once (N2)", async () => {
    const events: string[] = [];
    const error = new Error("hostile");
    const hostile: Observer = {};
    for (const name of MEMBERS) {
      hostile[name] = () => {
        throw error;
      };
    }
    let outcome: unknown;
    watch(hostile);
    log(events);
    watch(hostile);
    const caught = await uncaughtDuring(async () => (outcome = await program()));
    expect(outcome).toBe("done");
    expect(events).toEqual(EVENTS);
    expect(caught).toEqual(Array(2 * EVENTS.length).fill(error));
  });

  it("are not sent for what keeps a class hot while a package loads", () => {
    const events = log();
    keepHot((clock) => new TaskOwner("", { clock }, policy));
    expect(events).toEqual([]);
  });

  it("an observer that an event registers gets the next event, and one that an event removes gets no more (N1)", () => {
    const calls: string[] = [];
    let later: Disposable | undefined;
    watch({
      opened() {
        calls.push("first");
        second[Symbol.dispose]();
        later ??= watch({ opened: () => calls.push("third"), closed: () => calls.push("third closed") });
      },
    });
    const second = watch({ opened: () => calls.push("second") });
    new CancelScope().close();
    expect(calls).toEqual(["first", "third closed"]);
    new CancelScope().close();
    expect(calls).toEqual(["first", "third closed", "first", "third", "third closed"]);
  });

  it.each(["before", "after"])(
    "all observers see what an observer causes after its cause, also those registered %s it (N2)",
    async (order) => {
      const events: string[] = [];
      if (order === "before") log(events);
      watch({
        opened(scope) {
          if (scope.name === "closed at once") scope.close();
          if (scope.name === "cancelled at once") scope.cancel();
          if (scope.name === "parent") new CancelScope({ name: "child", parent: scope }).close();
        },
      });
      if (order === "after") log(events);
      for (const name of ["closed at once", "cancelled at once", "parent"]) new CancelScope({ name }).close();
      expect(events).toEqual([
        "open closed at once",
        "close closed at once: fulfilled",
        "open cancelled at once",
        "cancel cancelled at once",
        "close cancelled at once: cancelled",
        "open parent",
        "open child",
        "close child: fulfilled",
        "close parent: fulfilled",
      ]);
    },
  );

  it("an event in an event in an event is seen in the order of causes by all, each time once (N2)", () => {
    const seen: string[][] = [[], [], []];
    for (const [index, names] of seen.entries()) {
      watch({
        opened(scope) {
          names.push(scope.name!);
          if (scope.name!.length < 3 && index < 2) new CancelScope({ name: `${scope.name}${index}` });
        },
      });
    }
    new CancelScope({ name: "a" });
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[0]!.toSorted()).toEqual(["a", "a0", "a00", "a01", "a1", "a10", "a11"]);
  });

  it("the last observer may remove itself in any event, also between started and run", async () => {
    for (const name of [...MEMBERS, "run"] as const) {
      const own: Disposable = watch({
        [name]: (_: CancelScope, fn: unknown) => {
          own[Symbol.dispose]();
          return name === "run" ? (fn as () => unknown)() : undefined;
        },
      });
      expect(await program()).toBe("done");
      expect(folded).toBeUndefined();
    }
  });
});

describe("opened", () => {
  it("is called when the scope is linked and its kind, name and parent are known (N2)", () => {
    const seen: unknown[] = [];
    watch({
      opened: (scope) =>
        seen.push([factsOf(scope).kind, scope.name, parentOf(scope)?.name, scope.deadline, scope.clock]),
    });
    const clock = new VirtualClock();
    const root = new CancelScope({ name: "root", clock });
    const owner = new TaskOwner("Crew", { parent: root, name: "crew" }, policy);
    owner.createTask((scope) => scope.sleep(Infinity), { name: "dig" });
    expect(seen).toEqual([
      ["scope", "root", undefined, Infinity, clock],
      ["Crew", "crew", "root", Infinity, clock],
      ["task", "dig", "crew", Infinity, clock],
    ]);
    root.cancel();
  });

  it("comes before the cancellation of a scope whose deadline has passed, and of one below a cancelled scope (N2)", () => {
    const events = log();
    const root = new CancelScope({ name: "root", deadline: -Infinity });
    const child = new CancelScope({ name: "child", parent: root });
    expect(child.cancelled).toBe(true);
    expect(events).toEqual(["open root", "cancel root", "open child"]);
  });

  it("is followed by closed with the error if the clock throws as the deadline is set (N2, C1)", () => {
    const clock: Clock = { now: () => 0, setTimer: raise, clearTimer() {} };
    const parent = new CancelScope({ name: "parent" });
    const events = log();
    const all = ends();
    expect(() => new CancelScope({ name: "scope", clock, parent, deadline: 10 })).toThrow("hostile");
    expect(events).toEqual(["open scope", "close scope: rejected"]);
    expect(all["scope"]).toEqual([{ status: "rejected", error: new Error("hostile") }]);
    parent.close(); // nothing is left in it
  });

  it("is called for a queued task when it is created, with the status queued (N2)", async () => {
    const statuses: string[] = [];
    watch({ opened: (scope) => statuses.push(factsOf(scope).status) });
    const owner = new TaskOwner("Crew", { limit: 1 }, policy);
    owner.createTask(() => {});
    owner.createTask(() => {});
    await owner.finish();
    expect(statuses).toEqual(["live", "running", "queued"]);
  });

  it("is not called for a scope that is refused", () => {
    const events = log();
    const closed = new CancelScope({ name: "closed" });
    closed.close();
    expect(() => new CancelScope({ parent: closed })).toThrow(ClosedError);
    expect(() => new CancelScope({ name: 1 as never })).toThrow(TypeError);
    expect(() => new TaskOwner("Crew", { limit: 0 }, policy)).toThrow(RangeError);
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    owner.scope.cancel();
    expect(() => owner.createTask(() => {})).toThrow(CancelledError);
    expect(events).toEqual(["open closed", "close closed: fulfilled", "open crew", "cancel crew"]);
  });

  it("may close the new scope, which then has no deadline, no task in it, and one end", () => {
    const clock = new HandClock();
    const all = ends();
    watch({
      opened(scope) {
        scope.close();
      },
    });
    const scope = new CancelScope({ name: "scope", clock, deadline: 10 });
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    expect(clock.armed).toBe(0);
    expect(() => new CancelScope({ parent: scope })).toThrow(ClosedError);
    expect(() => owner.createTask(() => {})).toThrow(ClosedError);
    expect(all).toEqual({ scope: [{ status: "fulfilled" }], crew: [{ status: "fulfilled" }] });
  });

  it("may cancel a queued task, which then never starts, or close its scope (T8)", async () => {
    for (const act of ["cancel", "close"] as const) {
      const owner = new TaskOwner("Crew", { limit: 1 }, policy);
      const first = owner.createTask((scope) => scope.sleep(0));
      const own = watch({
        opened(scope) {
          scope[act]();
        },
      });
      const second = owner.createTask(raise, { name: "second" });
      own[Symbol.dispose]();
      expect(second.queued).toBe(true);
      await owner.finish();
      expect([first.status, second.status]).toEqual(["fulfilled", act === "cancel" ? "cancelled" : "rejected"]);
      if (act === "close") expect(second.exception()).toBeInstanceOf(ClosedError);
    }
  });

  it("may create tasks in the same owner, under its limit (T8)", async () => {
    for (const limit of [1, 2, Infinity]) {
      let depth = 0;
      let running = 0;
      let most = 0;
      const ran: string[] = [];
      const owner = new TaskOwner("Crew", { limit }, policy);
      const task =
        (name: string) =>
        async (scope: CancelScope): Promise<void> => {
          most = Math.max(most, ++running);
          ran.push(name);
          await scope.checkpoint();
          running--;
        };
      const own = watch({
        opened() {
          if (depth++ < 2) owner.createTask(task(`inner ${depth}`));
        },
      });
      owner.createTask(task("outer"));
      owner.createTask(task("last"));
      await owner.finish();
      own[Symbol.dispose]();
      expect(ran.sort()).toEqual(["inner 1", "inner 2", "last", "outer"]);
      expect(most).toBeLessThanOrEqual(limit);
    }
  });

  it("may create scopes and tasks in a full owner, all of which get their turn (T8)", async () => {
    const owner = new TaskOwner("Crew", { limit: 1 }, policy);
    owner.createTask((scope) => scope.checkpoint());
    let isFirst = true;
    watch({
      opened() {
        if (isFirst) {
          isFirst = false;
          owner.createTask((scope) => scope.checkpoint(), { name: "inner" });
        }
      },
    });
    const outer = owner.createTask((scope) => scope.checkpoint(), { name: "outer" });
    await owner.finish();
    expect(outer.status).toBe("fulfilled");
  });
});

describe("started", () => {
  it("is called before the first statement of a body and of a task, once (N2)", async () => {
    const events = log();
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    const work = () => void events.push("work");
    owner.createTask(work, { name: "task" });
    await owner.runBody(work, undefined, { bodyThrew: () => false, settle() {} });
    await CancelScope.run(work, { name: "scope" });
    expect(events.filter((event) => !/^open|^close/.test(event))).toEqual([
      "start task",
      "work",
      "start crew",
      "work",
      "start scope",
      "work",
    ]);
  });

  it("is called for a queued task when its turn comes, and never for one that is cancelled before (N2, T8)", async () => {
    const events = log();
    const owner = new TaskOwner("Crew", { name: "crew", limit: 1 }, policy);
    owner.createTask((scope) => scope.checkpoint(), { name: "first" });
    owner.createTask(() => {}, { name: "second" });
    owner.createTask(() => {}, { name: "third" }).cancel();
    expect(events.filter((event) => event.startsWith("start"))).toEqual(["start first"]);
    await owner.finish();
    expect(events.filter((event) => event.startsWith("start"))).toEqual(["start first", "start second"]);
    expect(events).toContain("close third: cancelled");
  });

  it("may cancel the scope, whose function is called all the same (K1)", async () => {
    watch({
      started(scope) {
        scope.cancel("no");
      },
    });
    const owner = new TaskOwner("Crew", {}, policy);
    const task = owner.createTask((scope) => scope.cancelled);
    await owner.finish();
    expect(task.result()).toBe(true);
  });

  it("may close the scope of a task, which ends once, and as its function does", async () => {
    const all = ends();
    watch({
      started(scope) {
        scope.close();
      },
    });
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    const task = owner.createTask(() => Promise.reject(new Error("no")), { name: "task" });
    await owner.finish();
    expect(task.status).toBe("rejected");
    expect(all["task"]).toEqual([{ status: "fulfilled" }]); // the scope was closed by hand
  });
});

describe("waiting", () => {
  it("is called with what a labelled waiter waits for, and with undefined when it no longer does (N2)", () => {
    const events = log();
    const scope = new CancelScope({ name: "scope" });
    const waiter = new Acquiring(scope);
    addWaiter(waiter);
    removeWaiter(waiter);
    removeWaiter(waiter);
    expect(events).toEqual(["open scope", 'scope waits for semaphore "db"', "scope waits for undefined"]);
  });

  it("is not called for waits without a label, such as sleep, race and listeners (N2)", async () => {
    const events = log();
    const scope = new CancelScope({ name: "scope" });
    scope.onCancel(() => {});
    const waits = [scope.sleep(60_000), scope.race(new Promise(() => {}))];
    expect(scope.signal.aborted).toBe(false);
    scope.cancel();
    await Promise.allSettled(waits);
    expect(events).toEqual(["open scope", "cancel scope"]);
  });

  it("is called with undefined once if the scope is cancelled, after cancelled (N2)", () => {
    const events = log();
    const scope = new CancelScope({ name: "scope" });
    const waiter = new Acquiring(new CancelScope({ name: "child", parent: scope }));
    addWaiter(waiter);
    scope.cancel();
    removeWaiter(waiter);
    expect(waiter.told).toEqual(["cancelled"]);
    expect(events.slice(2)).toEqual(['child waits for semaphore "db"', "cancel scope", "child waits for undefined"]);
  });

  it("is called with undefined once if a listener takes the waiter away before its turn in a cancellation (N2)", () => {
    const events = log();
    const scope = new CancelScope({ name: "scope" });
    const waiter = new Acquiring(scope);
    scope.onCancel(() => {
      removeWaiter(waiter);
    });
    addWaiter(waiter);
    scope.cancel();
    expect(waiter.told).toEqual([]);
    expect(events.slice(1)).toEqual(['scope waits for semaphore "db"', "cancel scope", "scope waits for undefined"]);
  });

  it("is called with undefined if the scope is closed, before closed (N2)", () => {
    const events = log();
    const scope = new CancelScope({ name: "scope" });
    const waiter = new Acquiring(scope);
    addWaiter(waiter);
    scope.close();
    expect(waiter.told).toEqual(["closed"]);
    expect(events.slice(1)).toEqual([
      'scope waits for semaphore "db"',
      "scope waits for undefined",
      "close scope: fulfilled",
    ]);
  });

  it("is called for each of several waits in a scope (N2)", () => {
    const calls: unknown[] = [];
    watch({ waiting: (_, what) => calls.push(what) });
    const scope = new CancelScope();
    const waiters = [new Acquiring(scope), new Acquiring(scope)];
    waiters.forEach(addWaiter);
    waiters.forEach(removeWaiter);
    expect(calls).toEqual(['semaphore "db"', 'semaphore "db"', undefined, undefined]);
  });
});

describe("cancelled", () => {
  it("is called once for a cancellation, on its root, when all below is marked and before listeners run (N2)", () => {
    const calls: unknown[] = [];
    const root = new CancelScope({ name: "root" });
    const child = new CancelScope({ name: "child", parent: root });
    child.onCancel(() => calls.push("listener"));
    root.signal.addEventListener("abort", () => calls.push("abort"));
    watch({ cancelled: (scope, reason) => calls.push([scope.name, reason === child.reason, reason.cause]) });
    root.cancel("why");
    root.cancel("again");
    child.cancel();
    expect(calls).toEqual([["root", true, "why"], "abort", "listener"]);
  });

  it("is called for a cancellation inside one, and for a shielded scope by itself (N2, S11)", () => {
    const events = log();
    const root = new CancelScope({ name: "root" });
    const shielded = new CancelScope({ name: "shielded", parent: root, shield: true });
    root.onCancel(() => {
      shielded.cancel();
    });
    root.cancel();
    expect(events.slice(2)).toEqual(["cancel root", "cancel shielded"]);
  });

  it("is called for a deadline: when its timer fires, when a check sees it, and when it is set too late (N2, S9)", async () => {
    const clock = new VirtualClock();
    const events = log();
    const root = new CancelScope({ name: "root", clock, deadline: 10 });
    new CancelScope({ name: "child", parent: root, deadline: 20 });
    await clock.advance(15);
    new CancelScope({ name: "late", clock, deadline: 15 });
    const hand = new HandClock();
    const busy = new CancelScope({ name: "busy", clock: hand, deadline: 5 });
    hand.time = 5;
    expect(busy.cancelled).toBe(true);
    expect(events.filter((event) => event.startsWith("cancel"))).toEqual(["cancel root", "cancel late", "cancel busy"]);
  });

  it("is called on the outer owner for its cancellation, and not on scopes below (N2)", async () => {
    const calls: (string | undefined)[] = [];
    watch({ cancelled: (scope) => calls.push(scope.name) });
    const outer = new CancelScope({ name: "outer" });
    const run = CancelScope.run((scope) => scope.sleep(60_000), { name: "inner", parent: outer });
    outer.cancel();
    await expect(run).rejects.toBe(outer.reason);
    expect(calls).toEqual(["outer"]);
  });

  it("is called for an AbortSignal as the parent, on the scope that stands for it, which is opened and closed (N2, S8)", async () => {
    const events = log();
    const controller = new AbortController();
    const run = CancelScope.run((scope) => scope.sleep(60_000), { name: "request", parent: controller.signal });
    controller.abort("gone");
    await expect(run).rejects.toThrow(CancelledError);
    expect(events).toEqual([
      "open an AbortSignal",
      "open request",
      "start request",
      "cancel an AbortSignal",
      "close request: cancelled",
      "close an AbortSignal: cancelled",
    ]);
  });

  it("is called for an AbortSignal that has aborted already, once the scope that stands for it is opened (N2, S8)", () => {
    const events = log();
    const parent = AbortSignal.abort("gone");
    new CancelScope({ name: "first", parent });
    const second = new CancelScope({ name: "second", parent });
    expect(second.reason?.cause).toBe("gone");
    expect(events).toEqual(["open an AbortSignal", "cancel an AbortSignal", "open first", "open second"]);
  });

  it("the scope of an AbortSignal cannot be closed by hand, so the signal stays usable as a parent (S8)", () => {
    const { signal } = new AbortController();
    watch({
      opened(scope) {
        parentOf(scope)?.close();
        if (parentOf(scope) === undefined) scope.close();
      },
    });
    for (const name of ["first", "second"]) new CancelScope({ name, parent: signal }).close();
  });

  it("is not called for a scope that is closed, or cancelled from the start (N2)", () => {
    const events = log();
    const root = new CancelScope({ name: "root" });
    root.cancel();
    new CancelScope({ name: "child", parent: root }).cancel();
    const closed = new CancelScope({ name: "closed" });
    closed.close();
    closed.cancel();
    expect(events.filter((event) => event.startsWith("cancel"))).toEqual(["cancel root"]);
  });

  it("may close, cancel and create scopes in the tree that is being cancelled", async () => {
    const root = new CancelScope({ name: "root" });
    const first = new CancelScope({ name: "first", parent: root });
    const heard: string[] = [];
    first.onCancel(() => heard.push("first"));
    root.onCancel(() => heard.push("root"));
    const all = ends();
    watch({
      cancelled(scope) {
        first.close();
        scope.cancel("again");
        new CancelScope({ name: "new", parent: scope }).close();
      },
    });
    root.cancel("once");
    expect(heard).toEqual(["root"]);
    expect(root.reason?.cause).toBe("once");
    await expect(root.sleep(1)).rejects.toBe(root.reason);
    root.close();
    expect(Object.entries(all).map(([name, { length }]) => [name, length])).toEqual([
      ["first", 1],
      ["new", 1],
      ["root", 1],
    ]);
  });
});

describe("closed", () => {
  it("is called with the final status of a task, as the task and its facts have it, while it is in the tree (N2)", async () => {
    const seen: unknown[] = [];
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    const tasks: Task<unknown>[] = [];
    watch({
      closed(scope, end) {
        const task = tasks.find((each) => each.scope === scope);
        seen.push([scope.name, end, task?.status, factsOf(scope).status, parentOf(scope)?.name]);
      },
    });
    const error = new Error("no");
    tasks.push(
      owner.createTask(() => "value", { name: "returns" }),
      owner.createTask(() => Promise.reject(error), { name: "fails" }),
      owner.createTask((scope) => scope.sleep(60_000), { name: "unwinds" }),
      owner.createTask((scope) => scope.sleep(60_000).catch(() => "value"), { name: "returns late" }),
    );
    for (const task of tasks.slice(2)) task.cancel();
    await owner.finish();
    expect(seen.sort()).toEqual(
      [
        ["crew", { status: "fulfilled" }, undefined, "closed", undefined],
        ["fails", { status: "rejected", error }, "rejected", "rejected", "crew"],
        ["returns late", { status: "fulfilled" }, "fulfilled", "fulfilled", "crew"],
        ["returns", { status: "fulfilled" }, "fulfilled", "fulfilled", "crew"],
        ["unwinds", { status: "cancelled" }, "cancelled", "cancelled", "crew"],
      ].sort(),
    );
  });

  it("is called with the final status of a task that leaves owners without tasks open (N2, S16)", async () => {
    const all = ends();
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    const statuses: string[] = [];
    watch({ closed: (scope) => statuses.push(`${scope.name} ${factsOf(scope).status}`) });
    owner.createTask((scope) => new TaskOwner("Idle", { parent: scope, name: "idle" }, policy).size, { name: "task" });
    await owner.finish();
    expect(all).toEqual({
      idle: [{ status: "fulfilled" }],
      task: [{ status: "fulfilled" }],
      crew: [{ status: "fulfilled" }],
    });
    expect(statuses).toEqual(["idle closed", "task fulfilled", "crew closed"]);
  });

  it("is called with the error that a task has, if it leaves scopes open (N2, S16)", async () => {
    const all = ends();
    const owner = new TaskOwner("Crew", {}, policy);
    const returns = owner.createTask((scope) => new CancelScope({ parent: scope, name: "left" }).name, {
      name: "returns",
    });
    const fails = owner.createTask(
      (scope) => {
        void new CancelScope({ parent: scope }).sleep(Infinity);
        throw new Error("no");
      },
      { name: "fails" },
    );
    await owner.whenEmpty();
    expect(returns.exception()).toBeInstanceOf(InvalidStateError);
    expect(all["returns"]).toEqual([{ status: "rejected", error: returns.exception() }]);
    expect(all["returns"]![0]!.error).toBe(returns.exception());
    expect(all["fails"]![0]!.error).toBe(fails.exception());
  });

  it("is called with the error that a task has, if its clock throws as it ends (N2, C1)", async () => {
    const clock = new HandClock();
    const all = ends();
    const owner = new TaskOwner("Crew", { clock, name: "crew" }, policy);
    const tasks = [new Error("no"), undefined].map((error) =>
      owner.createTask(
        (scope) => {
          scope.deadline = 10;
          if (error !== undefined) throw error;
        },
        { name: error === undefined ? "returns" : "fails" },
      ),
    );
    clock.clearTimer = raise;
    await owner.whenEmpty();
    for (const { name, status, ...task } of tasks.map((each) => ({
      name: each.name,
      status: each.status,
      error: each.exception(),
    }))) {
      expect(status).toBe("rejected");
      expect(all[name]![0]!.status).toBe("rejected");
      expect(all[name]![0]!.error).toBe(task.error);
    }
  });

  it("is called with what a run rejects with, also if that is undefined (N2)", async () => {
    const all = ends();
    const error = new Error("no");
    await expect(CancelScope.run(() => Promise.reject(error), { name: "fails" })).rejects.toBe(error);

    await expect(CancelScope.run(() => Promise.reject(undefined), { name: "throws nothing" })).rejects.toBe(undefined);
    const both = await CancelScope.run(
      (scope) => {
        void new CancelScope({ parent: scope }).sleep(Infinity);
        throw error;
      },
      { name: "leaves open" },
    ).catch((thrown: unknown) => thrown);
    expect(all).toEqual({
      fails: [{ status: "rejected", error }],
      "throws nothing": [{ status: "rejected", error: undefined }],
      "leaves open": [{ status: "rejected", error: both }],
    });
    expect(all["leaves open"]![0]!.error).toBe(both);
  });

  it("is called with cancelled for a cancelled scope that is no task and does not fail, whatever its body makes of it (N2)", async () => {
    const all = ends();
    const body = (scope: CancelScope): string => {
      scope.cancel();
      return "value";
    };
    expect(await CancelScope.run(body, { name: "returns" })).toBe("value");
    await CancelScope.run((scope) => scope.race(Promise.resolve(body(scope))), { name: "unwinds" });
    new CancelScope({ name: "open" }).close();
    expect(all).toEqual({
      returns: [{ status: "cancelled" }],
      unwinds: [{ status: "cancelled" }],
      open: [{ status: "fulfilled" }],
    });
  });

  it("is called with the failure that the policy of an owner states (N2)", async () => {
    const error = new Error("no");
    const asked: unknown[] = [];
    const failing = {
      taskEnded() {},
      failure: (_: TaskOwner, leftOpen: unknown) => {
        asked.push(leftOpen);
        return { error };
      },
    };
    const unobserved = new TaskOwner("Crew", {}, failing);
    await unobserved.finish();
    expect(asked).toEqual([]);
    const all = ends();
    const owner = new TaskOwner("Crew", { name: "crew" }, failing);
    void new CancelScope({ parent: owner.scope }).sleep(Infinity);
    const leftOpen = await owner.finish();
    expect(leftOpen).toBeInstanceOf(InvalidStateError);
    expect(asked).toEqual([leftOpen]);
    expect(all["crew"]).toEqual([{ status: "rejected", error }]);
  });

  it("is called with the error of scopes that an owner left open if its policy states no failure (N2, S16)", async () => {
    const all = ends();
    const owner = new TaskOwner("Crew", { name: "crew" }, { taskEnded() {} });
    void new CancelScope({ parent: owner.scope }).sleep(Infinity);
    const leftOpen = await owner.finish();
    expect(all["crew"]).toEqual([{ status: "rejected", error: leftOpen }]);
  });

  it("is called once although listeners, the clock or observers close the scope again (N2)", () => {
    const all = ends();
    watch({
      closed(scope) {
        scope.close();
      },
    });
    const clock = new HandClock();
    const scope = new CancelScope({ name: "by a listener", clock, deadline: 10 });
    scope.onCancel(() => {
      scope.close();
    });
    clock.time = 10;
    scope.close();
    const other = new CancelScope({ name: "by the clock", clock, deadline: 20 });
    clock.clearTimer = () => {
      other.close();
    };
    other.close();
    const parent = new CancelScope({ name: "parent" });
    new CancelScope({ name: "child", parent }).close();
    parent.close();
    expect(Object.values(all).map(({ length }) => length)).toEqual([1, 1, 1, 1]);
  });

  it("may make a scope with the AbortSignal whose scope ends, and the signal reaches it (N2, S8)", () => {
    const controller = new AbortController();
    const { signal } = controller;
    let made: CancelScope | undefined;
    watch({
      closed({ name }) {
        if (name === "an AbortSignal") made ??= new CancelScope({ parent: signal });
      },
    });
    new CancelScope({ parent: signal }).close();
    controller.abort();
    expect(made!.cancelled).toBe(true);
    made!.close();
  });

  it("finds nothing to open in the scopes that are ending, and nothing to cancel (N2)", async () => {
    const errors: unknown[] = [];
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    let idle: TaskOwner | undefined;
    let own: CancelScope | undefined;
    watch({
      closed(scope) {
        if (scope.name !== "idle") return;
        scope.cancel();
        for (const open of [
          () => new CancelScope({ parent: scope }),
          () => new CancelScope({ parent: own! }),
          () => idle!.createTask(() => {}),
          () => new CancelScope({ parent: idle!.scope }),
        ]) {
          try {
            open();
          } catch (error) {
            errors.push(error);
          }
        }
        owner.scope.cancel("from an observer");
      },
    });
    const task = owner.createTask((scope) => {
      own = scope;
      new TaskOwner("Idle", { parent: scope, name: "idle" }, policy);
      idle = new TaskOwner("Idle", { parent: scope, name: "other" }, policy);
    });
    await owner.finish();
    expect(errors.map((error) => error instanceof ClosedError)).toEqual([true, true, true, true]);
    expect([task.status, task.scope.cancelled]).toEqual(["fulfilled", false]);
    expect(owner.scope.cancelled).toBe(true);
  });

  it("comes after the closing of the scopes below, the deepest first (N2)", () => {
    const events = log();
    const root = new CancelScope({ name: "root" });
    const first = new TaskOwner("Idle", { parent: root, name: "first" }, policy);
    new TaskOwner("Idle", { parent: first.scope, name: "inner" }, policy);
    new TaskOwner("Idle", { parent: root, name: "second" }, policy);
    root.close();
    expect(events.slice(4)).toEqual([
      "close inner: fulfilled",
      "close first: fulfilled",
      "close second: fulfilled",
      "close root: fulfilled",
    ]);
  });

  it("comes later, and without a parent, for a scope that is left open in one that ends (N2, S16)", async () => {
    const events = log();
    const parents: unknown[] = [];
    watch({ closed: (scope) => parents.push(parentOf(scope)?.name) });
    let left: CancelScope | undefined;
    const run = CancelScope.run((scope) => void (left = new CancelScope({ parent: scope, name: "left" })), {
      name: "page",
    });
    await expect(run).rejects.toThrow(InvalidStateError);
    left!.close();
    expect(events.slice(3)).toEqual(["cancel left", "close page: rejected", "close left: cancelled"]);
    expect(parents).toEqual([undefined, undefined]);
  });
});

describe("run", () => {
  it("wraps the call of every body and task, synchronously, the first observer outermost (N3)", async () => {
    const events: string[] = [];
    for (const name of ["first", "second"]) {
      watch({
        run(scope, fn) {
          events.push(`${name} enters ${scope.name}`);
          const value = fn();
          events.push(`${name} leaves ${scope.name}`);
          return value;
        },
      });
    }
    const work = (): string => (events.push("work"), "value");
    expect(await CancelScope.run(work, { name: "scope" })).toBe("value");
    const around = (name: string): string[] => [
      `first enters ${name}`,
      `second enters ${name}`,
      "work",
      `second leaves ${name}`,
      `first leaves ${name}`,
    ];
    expect(events.splice(0)).toEqual(around("scope"));
    const owner = new TaskOwner("Crew", { name: "crew" }, policy);
    const task = owner.createTask(work, { name: "task" });
    expect(events.splice(0)).toEqual(around("task"));
    await owner.runBody(work, undefined, { bodyThrew: () => false, settle() {} });
    expect(events).toEqual(around("crew"));
    expect(task.result()).toBe("value");
  });

  it("comes after started, and sees the error that the function throws (N3)", async () => {
    const events = log();
    watch({
      run(scope, fn) {
        events.push(`run ${scope.name}`);
        try {
          return fn();
        } catch (error) {
          events.push(`throws ${String(error)}`);
          throw error;
        }
      },
    });
    const caught = await uncaughtDuring(() =>
      expect(CancelScope.run(raise, { name: "page" })).rejects.toThrow("hostile"),
    );
    expect(caught).toEqual([]);
    expect(events).toEqual(["open page", "start page", "run page", "throws Error: hostile", "close page: rejected"]);
  });

  const misuses: [string, NonNullable<Observer["run"]>, unknown[]][] = [
    ["does not call the function", () => undefined as never, []],
    ["returns something else", (_, fn) => (fn(), "other" as never), []],
    ["calls the function twice", (_, fn) => (fn(), fn()), []],
    ["throws before the call", raise, [new Error("hostile")]],
    ["throws after the call", (_, fn) => (fn(), raise()), [new Error("hostile")]],
    [
      "ignores what the function throws",
      (_, fn) => {
        try {
          return fn();
        } catch {
          return undefined as never;
        }
      },
      [],
    ],
    ["calls the function later", (_, fn) => void setImmediate(fn) as never, []],
  ];

  it.each(misuses)(
    "a run that %s leaves the function to be called once, with its own outcome (N3)",
    async (_, run, errors) => {
      const outer: string[] = [];
      watch({ run: (_scope, fn) => (outer.push("outer"), fn()) });
      watch({ run });
      watch({ run: (_scope, fn) => (outer.push("inner"), fn()) });
      for (const outcome of ["returns", "throws", "rejects"]) {
        let calls = 0;
        let result: unknown;
        const body = (): unknown => {
          calls++;
          if (outcome === "throws") throw new Error("own");
          return outcome === "rejects" ? Promise.reject(new Error("own")) : "value";
        };
        const caught = await uncaughtDuring(async () => {
          result = await CancelScope.run(body).catch((error: unknown) => error);
          await turn();
        });
        expect(calls).toBe(1);
        expect(result).toEqual(outcome === "returns" ? "value" : new Error("own"));
        // A function that is called later throws where it is called.
        const isLate = run === misuses.at(-1)![1] && outcome === "throws";
        expect(caught).toEqual(
          isLate ? [new Error("own")] : errors.filter(() => outcome !== "throws" || run === raise),
        );
      }
      expect(outer).toEqual(Array(3).fill(["outer", "inner"]).flat());
    },
  );

  it("a function that reaches itself through run is called once: the call is an InvalidStateError (N3)", async () => {
    let again: (() => unknown) | undefined;
    let calls = 0;
    let error: unknown;
    watch({
      run(_, fn) {
        again = fn;
        return fn();
      },
    });
    const value = await CancelScope.run(() => {
      calls++;
      try {
        again!();
      } catch (thrown) {
        error = thrown;
      }
      return "value";
    });
    expect([calls, value]).toEqual([1, "value"]);
    expect(error).toBeInstanceOf(InvalidStateError);
    expect(again!()).toBe("value");
  });

  it("an error NaN of the function is not reported as one of the observer (N3)", async () => {
    watch({ run: (_, fn) => fn() });
    const body = (): never => {
      throw NaN;
    };
    expect(await uncaughtDuring(() => expect(CancelScope.run(body)).rejects.toBeNaN())).toEqual([]);
  });
});

describe("any program", () => {
  interface Step {
    readonly act: "scope" | "owner" | "task" | "cancel" | "close" | "sleep" | "throw" | "abandon" | "shield" | "broken";
    readonly on: number;
    readonly ms: number;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    act: fc.constantFrom("scope", "owner", "task", "cancel", "close", "sleep", "throw", "abandon", "shield", "broken"),
    on: fc.nat({ max: 7 }),
    ms: fc.integer({ min: 0, max: 5 }),
  });

  /** Takes steps on scopes and owners that are chosen by number, at random; tasks take steps of their own. */
  async function perform(steps: readonly Step[], clock: VirtualClock): Promise<void> {
    const root = new CancelScope({ clock, name: "root" });
    const scopes = [root];
    const owners: TaskOwner[] = [];
    const broken: Clock = { now: () => clock.now(), setTimer: raise, clearTimer() {} };
    let rest = [...steps];
    const take = async (own: CancelScope, count: number): Promise<void> => {
      const mine = rest.slice(0, count);
      rest = rest.slice(count);
      for (const { act, on, ms } of mine) {
        const scope = scopes[on % scopes.length]!;
        const owner = owners[on % owners.length];
        try {
          if (act === "scope") scopes.push(new CancelScope({ parent: scope, deadline: clock.now() + ms }));
          if (act === "shield")
            scopes.push(new CancelScope({ parent: scope, shield: true, deadline: clock.now() + ms }));
          if (act === "broken")
            scopes.push(new CancelScope({ parent: scope, clock: broken, deadline: clock.now() + 10 }));
          if (act === "owner") {
            owners.push(new TaskOwner("Crew", { parent: scope, limit: 1 + (on % 3) }, policy));
            scopes.push(owners.at(-1)!.scope);
          }
          if (act === "task") scopes.push(owner!.createTask((task) => take(task, ms)).scope);
          if (act === "cancel") scope.cancel();
          if (act === "close") scope.close();
          if (act === "abandon") {
            for (const task of owner!) {
              task.cancel();
              owner!.abandon(task);
            }
          }
          if (act === "sleep") await own.sleep(ms);
        } catch (error) {
          if (act === "sleep") throw error;
        }
        if (act === "throw") throw new Error("no");
      }
    };
    while (rest.length > 0) await take(root, 5).catch(() => {});
    root.cancel();
    await Promise.all(owners.map((owner) => owner.finish()));
    for (const scope of scopes.reverse()) scope.close();
  }

  it("has each scope opened once and closed once, parents opened before and closed after what is in them, started in between (N2)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const states = new Map<CancelScope, "open" | "started" | "closed">();
        const wrong: string[] = [];
        const reasons = new Map<CancelScope, unknown>();
        const open = (scope: CancelScope | undefined): boolean =>
          scope === undefined || (states.has(scope) && states.get(scope) !== "closed");
        const expectThat = (holds: boolean, what: string): void => {
          if (!holds) wrong.push(what);
        };
        using _ = observe({
          opened(scope) {
            expectThat(!states.has(scope), "opened twice");
            expectThat(open(parentOf(scope)), "opened without its parent");
            states.set(scope, "open");
          },
          started(scope) {
            expectThat(states.get(scope) === "open", "started when not open, or twice");
            states.set(scope, "started");
          },
          cancelled(scope, reason) {
            expectThat(open(scope), "cancelled when not open");
            expectThat(!reasons.has(scope), "cancelled twice");
            expectThat(reason.scope === scope, "not on the root");
            reasons.set(scope, reason);
          },
          closed(scope, { status }) {
            expectThat(open(scope), "closed when not open");
            expectThat(open(parentOf(scope)), "closed after its parent");
            const { kind, status: now } = factsOf(scope);
            const isDone = kind === "task" && now !== "running" && now !== "queued"; // or it was closed by hand
            expectThat(!isDone || status === now, "not the final status");
            states.set(scope, "closed");
          },
        });
        await perform(steps, new VirtualClock({ autojump: true }));
        expect(wrong).toEqual([]);
        expect([...states.values()].filter((state) => state !== "closed")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
