import { observe } from "@selvage/scope/lowlevel";
import { describeTree, snapshot } from "@selvage/scope/debug";
import { TaskGroup } from "@selvage/task-group";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, Mutex, RateLimiter, Semaphore } from "../src/index.js";
import { errorOf, Works } from "./watching.js";

describe("what describeTree and snapshot show", () => {
  it("a scope that waits in acquire, and one that holds permits (M10)", async () => {
    const db = new Semaphore(2, { name: "db" });
    using server = new CancelScope({ name: "server" });
    using first = new CancelScope({ name: "first", parent: server });
    using second = new CancelScope({ name: "second", parent: server });
    const permit = await db.acquire(first, 2);
    const waits = db.acquire(second);
    expect(describeTree(server).split("\n")).toEqual([
      'scope "server": live',
      '  scope "first": live, holds 2 permits of semaphore "db"',
      '  scope "second": live, waits for semaphore "db"',
    ]);
    permit.release();
    expect(describeTree(server).split("\n")).toEqual([
      'scope "server": live',
      '  scope "first": live',
      '  scope "second": live, holds 1 permit of semaphore "db"',
    ]);
    (await waits).release();
    expect(describeTree(server)).not.toContain("holds");
  });

  it("a run that waits, and one that holds permits, with the name of its function (M10)", async () => {
    const file = new Mutex({ name: "file" });
    using scope = new CancelScope({ name: "server" });
    const works = new Works();
    const reads = file.run(scope, function read() {
      return works.of("read")();
    });
    const writes = file.run(scope, function write() {
      return works.of("write")();
    });
    expect(describeTree(scope).split("\n")).toEqual([
      'scope "server": live',
      '  run "read": live, holds mutex "file"',
      '  run "write": live, waits for mutex "file"',
    ]);
    works.end("read");
    await reads;
    await settled();
    expect(describeTree(scope).split("\n").slice(1)).toEqual(['  run "write": live, holds mutex "file"']);
    works.end("write");
    await writes;
    expect(describeTree(scope)).toBe('scope "server": live');
  });

  it("a run no longer holds its permits when they go to the next (M10)", async () => {
    const file = new Mutex({ name: "file" });
    using scope = new CancelScope();
    const works = new Works();
    const runs = [file.run(scope, works.of("a")), file.run(scope, works.of("b"))];
    const trees: string[] = [];
    using registration = observe({
      waiting: (_, what) => {
        if (what === undefined) trees.push(describeTree(scope));
      },
    });
    works.end("a");
    await settled();
    works.end("b");
    expect([registration, await Promise.all(runs)]).toEqual([registration, ["a", "b"]]);
    expect(trees).toHaveLength(1);
    expect(trees[0]).not.toContain("holds");
  });

  it("a semaphore without a name, and a function without one (M10)", async () => {
    const semaphore = new Semaphore(3);
    using scope = new CancelScope();
    const run = semaphore.run(
      scope,
      (
        () => (own: CancelScope) =>
          own.sleep(Infinity)
      )(),
      3,
    );
    expect(describeTree(scope)).toBe("scope: live\n  run: live, holds 3 permits of semaphore");
    scope.cancel();
    await errorOf(run);
  });

  it("tasks under a semaphore: what a queued one waits for, and what a running one holds (M9, M10)", async () => {
    const limit = new Semaphore(1, { name: "db" });
    const works = new Works();
    await TaskGroup.run(
      async (group) => {
        const first = group.createTask(works.of("first"), { name: "first" });
        const second = group.createTask(works.of("second"), { name: "second" });
        expect(describeTree(group.scope).split("\n")).toEqual([
          'TaskGroup "page": live',
          '  task "first": running, holds 1 permit of semaphore "db"',
          '  task "second": queued, waits for semaphore "db"',
        ]);
        const [container] = snapshot(group.scope).containers;
        expect(container?.tasks).toMatchObject([
          { name: "first", waiting: [], holding: ['1 permit of semaphore "db"'] },
          { name: "second", waiting: ['semaphore "db"'], holding: [] },
        ]);
        works.end("first");
        await first;
        await settled();
        expect(describeTree(group.scope).split("\n")).toEqual([
          'TaskGroup "page": live',
          '  task "second": running, holds 1 permit of semaphore "db"',
        ]);
        second.cancel();
        works.end("second");
      },
      { limit, name: "page" },
    );
  });

  it("tasks under a limit that is a number hold nothing (M10)", async () => {
    const works = new Works();
    await TaskGroup.run(
      (group) => {
        group.createTask(works.of("first"), { name: "first" });
        const second = group.createTask(works.of("second"), { name: "second" });
        expect(describeTree(group.scope).split("\n").slice(1)).toEqual([
          '  task "first": running',
          '  task "second": queued',
        ]);
        second.cancel();
        works.end("first");
      },
      { limit: 1 },
    ).catch(() => {});
  });

  it("a snapshot has what is waited for and what is held as plain data (M10)", async () => {
    const db = new Semaphore(2, { name: "db" });
    using scope = new CancelScope({ name: "query" });
    const permits = [await db.acquire(scope), await db.acquire(scope)];
    const waits = db.acquire(scope);
    expect(JSON.parse(JSON.stringify(snapshot(scope)))).toMatchObject({
      containers: [
        {
          name: "query",
          waiting: ['semaphore "db"'],
          holding: ['1 permit of semaphore "db"', '1 permit of semaphore "db"'],
        },
      ],
    });
    for (const permit of permits) permit.release();
    (await waits).release();
    expect(snapshot(scope).containers[0]).toMatchObject({ waiting: [], holding: [] });
  });

  it("a permit that was acquired with the signal of a scope is shown in that scope, and so is the wait (M10)", async () => {
    const db = new Semaphore(1, { name: "db" });
    using scope = new CancelScope({ name: "query" });
    const permit = await db.acquire(scope.signal);
    const waits = db.acquire(scope.signal);
    expect(describeTree(scope)).toBe('scope "query": live, waits for semaphore "db", holds 1 permit of semaphore "db"');
    permit.release();
    (await waits).release();
  });

  it("a name cannot forge a line (M10, E7)", async () => {
    const evil = new Mutex({ name: 'x"\nscope "root": live' });
    using scope = new CancelScope();
    using permit = await evil.acquire(scope);
    expect([permit, describeTree(scope).split("\n")]).toHaveProperty("length", 2);
    expect(describeTree(scope).split("\n")).toHaveLength(1);
    expect(() => evil.tryAcquire(2)).toThrow(/^[^\n]*$/);
  });

  it("a pending take of a rate limiter is shown (M10, M12)", async () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter({ rate: 1, per: 1_000, name: "mails", clock });
    using scope = new CancelScope({ name: "sender" });
    await limiter.take(scope);
    const waits = limiter.take(scope);
    expect(describeTree(scope)).toBe('scope "sender": live, waits for rate limiter "mails"');
    await clock.advance(1_000);
    await waits;
    expect(describeTree(scope)).toBe('scope "sender": live');
  });
});

describe("what observers see", () => {
  it("each wait begins once and ends once, whether it is granted, cancelled or closed (M10, N2)", async () => {
    const db = new Semaphore(1, { name: "db" });
    const events: string[] = [];
    const holder = db.tryAcquire();
    const scopes = ["granted", "cancelled", "closed"].map((name) => new CancelScope({ name }));
    {
      using registration = observe({
        waiting: (scope, what) => events.push(`${scope.name}: ${what}`),
      });
      expect(registration).toBeDefined();
      const waits = scopes.map((scope) => db.acquire(scope));
      for (const wait of waits.slice(1)) wait.catch(() => {});
      scopes[1]!.cancel();
      scopes[2]!.close();
      holder?.release();
      (await waits[0]!).release();
    }
    expect(events).toEqual([
      'granted: semaphore "db"',
      'cancelled: semaphore "db"',
      'closed: semaphore "db"',
      "cancelled: undefined",
      "closed: undefined",
      "granted: undefined",
    ]);
  });

  it("a task that is queued under a semaphore is opened, waits, no longer waits, and starts, in this order (M9, N2)", async () => {
    const limit = new Semaphore(1, { name: "db" });
    const events: string[] = [];
    const works = new Works();
    using registration = observe({
      opened: (scope) => events.push(`${scope.name} opened`),
      waiting: (scope, what) => events.push(`${scope.name} waits for ${what}`),
      started: (scope) => events.push(`${scope.name} started`),
      closed: (scope, { status }) => events.push(`${scope.name} ${status}`),
    });
    expect(registration).toBeDefined();
    await TaskGroup.run(
      async (group) => {
        group.createTask(works.of("a"), { name: "a" });
        group.createTask(works.of("b"), { name: "b" });
        const c = group.createTask(works.of("c"), { name: "c" });
        c.cancel();
        works.end("a");
        await settled();
        works.end("b");
      },
      { limit },
    );
    const of = (name: string): string[] => events.filter((event) => event.startsWith(`${name} `));
    expect(of("b")).toEqual([
      "b opened",
      'b waits for semaphore "db"',
      "b waits for undefined",
      "b started",
      "b fulfilled",
    ]);
    expect(of("c")).toEqual(["c opened", 'c waits for semaphore "db"', "c waits for undefined", "c cancelled"]);
    expect(of("a")).toEqual(["a opened", "a started", "a fulfilled"]);
  });
});
