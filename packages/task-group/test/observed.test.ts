/** What observers see of groups and of the functions that are made of them (N2). */
import { CancelScope } from "@selvage/scope";
import { factsOf, observe, type Observer, parentOf, type ScopeEnd } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it } from "vitest";
import { any, asCompleted, gather, gatherSettled, map, mapSettled, race, TaskGroup } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

let registered: Disposable[] = [];
afterEach(() => {
  for (const each of registered) each[Symbol.dispose]();
  registered = [];
});

function watch(observer: Observer): Disposable {
  const registration = observe(observer);
  registered.push(registration);
  return registration;
}

/** Records the events as text, a line each. */
function log(): string[] {
  const events: string[] = [];
  watch({
    opened: (scope) => events.push(`open ${scope.name}`),
    started: (scope) => events.push(`start ${scope.name}`),
    cancelled: (scope) => events.push(`cancel ${scope.name}`),
    closed: (scope, { status }) => events.push(`close ${scope.name}: ${status}`),
  });
  return events;
}

/** How the scopes of owners have ended, in order: those that are not tasks. */
function ends(): ScopeEnd[] {
  const all: ScopeEnd[] = [];
  watch({ closed: (scope, end) => factsOf(scope).kind !== "task" && all.push(end) });
  return all;
}

function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(undefined, (error: unknown) => error);
}

const forever = (scope: CancelScope): Promise<void> => scope.sleep(60_000);
const fail = (message: string) => (): Promise<never> => Promise.reject(new Error(message));

describe("a group", () => {
  it("is opened before its children, closed after them, and started when its body is called (N2)", async () => {
    const events = log();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(forever, { name: "sibling" });
        group.createTask(fail("no"), { name: "fails" });
      },
      { name: "page" },
    );
    await expect(run).rejects.toThrow(AggregateError);
    expect(events).toEqual([
      "open page",
      "start page",
      "open sibling",
      "start sibling",
      "open fails",
      "start fails",
      "close fails: rejected",
      "cancel page",
      "close sibling: cancelled",
      "close page: rejected",
    ]);
  });

  it("has the very group of errors that run rejects with, also if scopes were left open (N2, T3)", async () => {
    const all = ends();
    const outcome = await outcomeOf(
      TaskGroup.run(async (group) => {
        group.createTask(fail("one"));
        const other = group.createTask(fail("two"));
        await other;
      }),
    );
    expect(all[0]!.error).toBe(outcome);
    const leftOpen = await outcomeOf(
      TaskGroup.run((group) => {
        void new CancelScope({ parent: group.scope }).sleep(Infinity);
        group.createTask(fail("one"));
      }),
    );
    expect(all[1]!.error).toBe(leftOpen);
    expect((leftOpen as AggregateError).errors).toHaveLength(2);
    const group = new TaskGroup();
    group.createTask(fail("one"));
    expect(all).toHaveLength(2);
    const joined = await outcomeOf(group.join());
    expect(all[2]).toEqual({ status: "rejected", error: joined });
    expect(all[2]!.error).toBe(joined);
  });

  it("is cancelled after group.cancel(), and after an outer cancellation, if nothing failed (N2, T4, T5)", async () => {
    const all = ends();
    await TaskGroup.run((group) => {
      group.createTask(forever);
      group.cancel();
    });
    const parent = new CancelScope();
    const run = TaskGroup.run((group) => forever(group.scope), { parent });
    parent.cancel();
    await outcomeOf(run);
    expect(all).toEqual([{ status: "cancelled" }, { status: "cancelled" }]);
  });

  it("closes a child that fails before it is ready as rejected, and does not fail because of it (N2, T10)", async () => {
    const events = log();
    await TaskGroup.run(
      async (group) => {
        await expect(group.start(fail("no"), { name: "server" })).rejects.toThrow("no");
      },
      { name: "page" },
    );
    expect(events.slice(2)).toEqual(["open server", "start server", "close server: rejected", "close page: fulfilled"]);
  });

  it("with a limit starts a child when its turn comes, in the order in which they were opened (N2, T8)", async () => {
    const events = log();
    const statuses: string[] = [];
    watch({ opened: (scope) => statuses.push(factsOf(scope).status) });
    await TaskGroup.run(
      (group) => {
        for (const name of ["a", "b", "c"]) group.createTask((scope) => scope.checkpoint(), { name });
        group.createTask(forever, { name: "d" }).cancel();
      },
      { limit: 2, name: "page" },
    );
    expect(events.filter((event) => /^(open|start) .$/.test(event))).toEqual([
      "open a",
      "start a",
      "open b",
      "start b",
      "open c",
      "open d",
      "start c",
    ]);
    expect(events).toContain("close d: cancelled");
    expect(statuses).toEqual(["live", "running", "running", "queued", "queued"]);
  });

  it("may be cancelled, closed and added to by observers, and comes to its end (N2)", async () => {
    for (const event of ["opened", "started", "cancelled", "closed"] as const) {
      for (const act of ["cancel", "create", "close"] as const) {
        let left = 3;
        let group: TaskGroup | undefined;
        const own = watch({
          [event]: (scope: CancelScope) => {
            if (left-- <= 0) return;
            if (act === "cancel") group?.cancel("by an observer");
            if (act === "close") scope.close();
            if (act === "create") group?.createTask((task) => task.checkpoint());
          },
        });
        const clock = new VirtualClock({ autojump: true });
        await uncaughtDuring(async () => {
          // What the observer may not do is reported.
          group = new TaskGroup({ clock, limit: 1 });
          for (let task = 0; task < 3; task++) {
            await outcomeOf(Promise.resolve().then(() => group!.createTask((scope) => scope.sleep(1)).scope.name));
          }
          await outcomeOf(group.join());
        });
        expect(group!.size).toBe(0);
        own[Symbol.dispose]();
      }
    }
  });
});

describe("gather, map, race and the like", () => {
  it("open one owner and a task for each function, named by key (N2, T11)", async () => {
    const seen: string[] = [];
    watch({ opened: (scope) => seen.push(`${factsOf(scope).kind} ${scope.name} in ${parentOf(scope)?.name}`) });
    await gather({ user: () => 1, cart: () => 2 }, { name: "page" });
    await map(["x"], (item) => item, { name: "items" });
    expect(seen).toEqual([
      "TaskGroup page in undefined",
      "task user in page",
      "task cart in page",
      "TaskGroup items in undefined",
      expect.stringMatching(/^task .* in items$/) as string,
    ]);
  });

  it("a map over a source is started once, and a function that makes the source runs in its context (N2, N3, T12)", async () => {
    const events = log();
    const wrapped: unknown[] = [];
    watch({ run: (scope, fn) => (wrapped.push(scope.name), fn()) });
    await map(
      () => [1, 2],
      (item) => item,
      { name: "items", limit: 1 },
    );
    expect(events.filter((event) => event === "start items")).toHaveLength(1);
    expect(wrapped.slice(0, 2)).toEqual(["items", "items"]);
    expect(wrapped).toHaveLength(4);
  });

  it("gather, map, race and any close with the error that they reject with (N2)", async () => {
    const all = ends();
    const calls: (() => Promise<unknown>)[] = [
      () => gather([fail("no"), forever]),
      () => map([1], fail("no")),
      () => race([fail("no"), forever]),
      () => race([fail("no"), (scope) => forever(scope).catch(fail("unwinding"))]),
      () => any([fail("one"), fail("two")]),
    ];
    for (const call of calls) {
      const outcome = await outcomeOf(call());
      const { status, error } = all.pop()!;
      expect(status).toBe("rejected");
      expect(error).toBe(outcome);
    }

    await expect(race([() => Promise.reject(undefined)])).rejects.toBe(undefined);
    expect(all.pop()).toEqual({ status: "rejected", error: undefined });
  });

  it("a race that is won, and what collects outcomes, do not close as rejected (N2)", async () => {
    const all = ends();
    await race([() => "value", forever]);
    await any([fail("no"), () => "value"]);
    await gatherSettled([fail("no"), () => "value"]);
    await mapSettled([1], fail("no"));
    for await (const task of asCompleted([fail("no")])) expect(task.status).toBe("rejected");
    expect(all.map(({ status }) => status).filter((status) => status === "rejected")).toEqual([]);
  });
});
