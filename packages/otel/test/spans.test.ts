import { SpanKind } from "@opentelemetry/api";
import { produce } from "@selvage/channel";
import { Breaker, every, retry } from "@selvage/retry";
import { CancelScope } from "@selvage/scope";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { Mutex } from "@selvage/semaphore";
import { Supervisor } from "@selvage/supervisor";
import { gather, map, TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { moveOnAfter, shield, timeout } from "@selvage/timeout";
import { describe, expect, it } from "vitest";
import { eventsOf, inSpan, statusOf, traced, withContexts } from "./telemetry.js";

const nothing = async (): Promise<void> => {};

describe('spans: "named"', () => {
  it("a named group, supervisor and timeout have a span, and unnamed ones have none (N5)", async () => {
    const { tree } = traced();
    for (const name of ["given", undefined]) {
      await TaskGroup.run(nothing, { name: name && `${name} group` });
      await Supervisor.run(nothing, { name: name && `${name} supervisor` });
      await timeout(1_000, nothing, { name: name && `${name} timeout` });
      await moveOnAfter(1_000, nothing, { name: name && `${name} move on` });
      await shield(1_000, nothing, { name: name && `${name} shield`, parent: null });
    }
    expect(tree()).toEqual(["given group", "given supervisor", "given timeout", "given move on", "given shield"]);
  });

  it("a task that was given a name has a span, and one that is named after its function has none (N5)", async () => {
    const { tree } = traced();
    await TaskGroup.run(async (group) => {
      group.createTask(nothing, { name: "given" });
      group.createTask(nothing);
      group.createTask(async function named() {});
      await group.start(async (_, started) => started(), { name: "started" });
      await group.start(async (_, started) => started());
    });
    await map([1, 2], async function load() {});
    await gather({ user: nothing, cart: nothing });
    expect(tree()).toEqual(["given", "started", "user", "cart"]);
  });

  it("each supervised task has a span, with or without a name (N5)", async () => {
    const { tree } = traced();
    const supervisor = new Supervisor();
    supervisor.createTask(nothing, { name: "given" });
    supervisor.createTask(async function poll() {});
    supervisor.createTask(() => nothing());
    await supervisor.start(async (_, started) => started());
    await supervisor.join();
    expect(tree()).toEqual(["given", "poll", "anonymous", "anonymous"]);
  });

  it("other primitives have a span if they were given a name, and what is named after a function or a number has none (N5)", async () => {
    const { tree } = traced();
    async function work(): Promise<void> {}
    await retry(work, { name: "load" });
    await retry(work);
    const clock = new VirtualClock({ autojump: true });
    await CancelScope.run(
      async (scope) => {
        await new Breaker({ failures: 5 }, { resetAfter: 1_000 }).run(scope, work);
        await new Mutex({ name: "db" }).run(scope, work);
        await produce<number>(scope, async function numbers() {})
          .items(scope)
          .next();
        await timeout(5, ({ scope: own }) => every(2, work, { parent: own, name: "poll" }), { clock }).catch(() => {});
        await timeout(5, ({ scope: own }) => every(2, work, { parent: own }), { clock }).catch(() => {});
      },
      { clock },
    );
    expect(tree()).toEqual(["load attempt", "poll"]);
  });

  it("an owner of tasks that a user has made has a span if it has a name, with its kind (N5)", async () => {
    const { span } = traced();
    for (const name of ["diggers", undefined]) await new TaskOwner("Crew", { name }, { taskEnded() {} }).finish();
    expect(span("diggers").attributes["selvage.kind"]).toBe("Crew");
  });

  it("a plain scope has no span, whatever its name (N5)", async () => {
    for (const spans of ["named", "all"] as const) {
      const { spans: ended } = traced({ spans });
      await CancelScope.run(() => {}, { name: "request" });
      new CancelScope({ name: "other", parent: new AbortController().signal }).close();
      expect(ended()).toEqual([]);
    }
  });
});

describe('spans: "all"', () => {
  it("every task and every primitive has a span, with its name or its kind (N5)", async () => {
    const { tree } = traced({ spans: "all" });
    await TaskGroup.run(async (group) => {
      group.createTask(nothing);
      group.createTask(() => {});
      group.createTask(async (scope) => {
        await timeout(1_000, nothing, { parent: scope });
        await new Mutex({ name: "db" }).run(scope, async function save() {});
        await retry(nothing, { parent: scope });
      });
    });
    expect(tree()).toEqual([
      "TaskGroup",
      "  nothing",
      "  anonymous",
      "  anonymous",
      "    timeout",
      "    run",
      "    attempt",
    ]);
  });
});

describe("a span", () => {
  it("has the kind, the id and the status of its scope, and is internal (N5)", async () => {
    const { span } = traced();
    await TaskGroup.run((group) => void group.createTask(nothing, { name: "load" }), { name: "page" });
    const page = span("page");
    expect(page.attributes).toEqual({
      "selvage.kind": "TaskGroup",
      "selvage.id": page.attributes["selvage.id"],
      "selvage.status": "fulfilled",
    });
    expect(Number.isInteger(page.attributes["selvage.id"])).toBe(true);
    expect(span("load").attributes).toMatchObject({ "selvage.kind": "task", "selvage.status": "fulfilled" });
    expect([page.kind, statusOf(page), page.events, page.links]).toEqual([SpanKind.INTERNAL, "UNSET", [], []]);
  });

  it("has a name that is escaped and bounded, because collectors refuse lone surrogates (N5)", async () => {
    const { spans } = traced();
    for (const name of ["a\n\u001b[31mb", "\ud800", "", "x".repeat(1_000)]) await TaskGroup.run(nothing, { name });
    expect(spans().map(({ name }) => name)).toEqual(["a\\n\\x1b[31mb", "\\ud800", "", `${"x".repeat(199)}…`]);
  });

  it("of a queued task begins when the task is created, and an event marks when its turn comes (N5)", async () => {
    const { span } = traced();
    const clock = new VirtualClock({ autojump: true });
    await TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.sleep(5), { name: "first" });
        group.createTask(nothing, { name: "second" });
        const dropped = group.createTask(nothing, { name: "dropped" });
        dropped.cancel();
      },
      { limit: 1, clock, name: "page" },
    );
    expect(eventsOf(span("first"))).toEqual([]);
    expect(span("first").attributes["selvage.queued"]).toBeUndefined();
    expect(eventsOf(span("second"))).toEqual(["selvage.started"]);
    expect(span("second").attributes["selvage.queued"]).toBe(true);
    expect(eventsOf(span("dropped"))).toEqual(['selvage.cancelled task "dropped"']);
    expect(span("dropped").attributes["selvage.status"]).toBe("cancelled");
  });

  it("ends once, and after the spans of everything below it (N5)", async () => {
    withContexts();
    const ends: string[] = [];
    const { spans } = traced();
    await TaskGroup.run((group) => void group.createTask(nothing, { name: "load" }), { name: "page" });
    for (const { name, ended, duration } of spans()) ends.push(`${name} ${ended} ${duration[0] >= 0}`);
    expect(ends).toEqual(["page true true", "load true true"]);
  });
});

describe("the parent of a span", () => {
  it("is the span of the nearest scope above that has one (N5)", async () => {
    const { tree } = traced();
    await TaskGroup.run(
      async (page) => {
        await TaskGroup.run(
          async (unnamed) => {
            unnamed.createTask(
              async (scope) => {
                const plain = new CancelScope({ parent: scope, name: "plain" });
                await timeout(1_000, nothing, { name: "limit", parent: plain });
                plain.close();
              },
              { name: "load" },
            );
            unnamed.createTask((scope) => TaskGroup.run(nothing, { name: "inner", parent: scope }).then(() => {}));
          },
          { parent: page.scope },
        );
      },
      { name: "page" },
    );
    expect(tree()).toEqual(["page", "  load", "    limit", "  inner"]);
  });

  it("follows the scope tree, whatever span is active where the scope is opened (N5)", async () => {
    const { tree, tracer } = traced();
    const server = new Supervisor({ name: "server" });
    inSpan(tracer, "request", () => {
      server.createTask(nothing, { name: "job" });
    });
    await server.join();
    expect(tree()).toEqual(["server", "  job", "request"]);
  });

  it("is, for a root, the span that is active where it is opened, or none (N5)", async () => {
    const { tree, tracer } = traced();
    await TaskGroup.run(nothing, { name: "alone" });
    await inSpan(tracer, "request", () => TaskGroup.run(nothing, { name: "page" }));
    expect(tree()).toEqual(["alone", "request", "  page"]);
  });

  it("is, below a root without a span, the span that was active where the root was opened, or else where the scope was (N5)", async () => {
    const { tree, tracer } = traced();
    const outside = new TaskGroup();
    const inside = inSpan(tracer, "first", () => new TaskGroup());
    inSpan(tracer, "second", () => {
      outside.createTask(nothing, { name: "outside" });
      inside.createTask(nothing, { name: "inside" });
    });
    await Promise.all([outside.join(), inside.join()]);
    expect(tree()).toEqual(["first", "  inside", "second", "  outside"]);
  });

  it("is the active span for a scope whose parent is a signal (N5)", async () => {
    const { tree, tracer } = traced();
    const { signal } = new AbortController();
    for (const request of ["first", "second"]) {
      await inSpan(tracer, request, () => TaskGroup.run(nothing, { name: `page of ${request}`, parent: signal }));
    }
    expect(tree()).toEqual(["first", "  page of first", "second", "  page of second"]);
  });

  it("is the active span in a tree that was open before (N5)", async () => {
    const before = new TaskGroup({ name: "before" });
    const { tree, tracer } = traced();
    inSpan(tracer, "request", () => {
      before.createTask(nothing, { name: "task" });
    });
    before.createTask(nothing, { name: "other" });
    await before.join();
    expect(tree()).toEqual(["other", "request", "  task"]);
  });

  it("is found in a tree of 100,000 levels, whose walks are short (N5)", async () => {
    const { tree } = traced();
    const groups = [new TaskGroup({ name: "page" })];
    for (let level = 1; level <= 100_000; level++) {
      const name = level % 50_000 === 0 ? `level ${level}` : undefined;
      groups.push(new TaskGroup({ parent: groups.at(-1)!.scope, name }));
      groups.at(-1)!.createTask(() => {}); // looks for the place of its span
    }
    for (const group of groups.reverse()) await group.join();
    expect(tree()).toEqual(["page", "  level 50000", "    level 100000"]);
  });

  it("is kept for a scope that is left open in one that ends (N5, S16)", async () => {
    const { tree, span } = traced();
    let left: TaskGroup | undefined;
    const page = TaskGroup.run(
      (group) => {
        left = new TaskGroup({ parent: group.scope, name: "left" });
        left.createTask((scope) => scope.settle(new Promise((resolve) => scope.onCancel(resolve))), { name: "task" });
      },
      { name: "page" },
    );
    await expect(page).rejects.toThrow();
    await left!.join().catch(() => {});
    expect(tree()).toEqual(["page", "  left", "    task"]);
    expect(span("left").attributes["selvage.status"]).toBe("cancelled");
  });
});
