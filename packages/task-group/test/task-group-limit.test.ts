import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, type Task, TaskGroup } from "../src/index.js";
import { errorsOf, outcomeOf } from "./outcome.js";

/** A child that waits for its cancellation. */
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

describe("TaskGroup with a limit", () => {
  it.each([0, -1, 1.5, NaN, -Infinity])("the limit %d is a RangeError (T8)", (limit) => {
    expect(() => new TaskGroup({ limit })).toThrow(RangeError);
    expect(() => TaskGroup.run(() => expect.unreachable(), { limit })).toThrow(
      `A limit must be a positive integer or Infinity, got ${limit}.`,
    );
  });

  it.each([["2"], [null], [{}], [true], [2n]])("the limit %s, which is not a number, is refused (T8)", (limit) => {
    expect(() => new TaskGroup({ limit: limit as never })).toThrow(TypeError);
  });

  it("the limit Infinity means no limit, and the limit may be set later (T8)", async () => {
    const started: number[] = [];
    await TaskGroup.run(
      (group) => {
        expect(group.limit).toBe(Infinity);
        group.limit = 1;
        const tasks = [0, 1].map((index) => group.createTask(() => void started.push(index)));
        expect([group.limit, started, tasks.map(({ queued }) => queued)]).toEqual([1, [0], [false, true]]);
        group.limit = 2;
        expect(started).toEqual([0, 1]);
      },
      { limit: Infinity },
    );
  });

  it.each(["returns at once", "waits"])(
    "raising the limit starts 20,000 queued children, each of which %s (T8)",
    async (kind) => {
      let started = 0;
      await TaskGroup.run(
        (group) => {
          const child = async (scope: CancelScope): Promise<void> => {
            started++;
            if (kind === "waits") await scope.checkpoint();
          };
          for (let index = 0; index < 20_000; index++) group.createTask(child);
          expect(started).toBe(1);
          group.limit = Infinity;
          expect(started).toBe(20_000);
        },
        { limit: 1 },
      );
    },
  );

  it("a child that is being started may raise the limit: queued children start at once (T8)", async () => {
    const log: string[] = [];
    await TaskGroup.run(
      (group) => {
        group.createTask((scope) => scope.checkpoint());
        group.createTask(() => {
          group.limit = 10;
          log.push("raised");
        });
        for (const name of ["a", "b"]) group.createTask(() => void log.push(name));
        group.limit = 2;
      },
      { limit: 1 },
    );
    expect(log).toEqual(["a", "b", "raised"]);
  });

  it.each([1, 2, 7, 100])(
    "a group with a limit runs at most %d children at once, first in first out (T8)",
    async (limit) => {
      const clock = new VirtualClock({ autojump: true });
      const started: number[] = [];
      let running = 0;
      let most = 0;
      await TaskGroup.run(
        (group) => {
          for (let index = 0; index < 50; index++) {
            group.createTask(async (scope) => {
              started.push(index);
              most = Math.max(most, ++running);
              await scope.sleep((index * 13) % 7);
              running--;
            });
          }
          expect(group.size).toBe(50);
          expect(started.length).toBe(Math.min(limit, 50));
        },
        { clock, limit },
      );
      expect(started).toEqual(Array.from({ length: 50 }, (_, index) => index));
      expect(most).toBe(Math.min(limit, 50));
    },
  );

  it("the body may wait for a child that is still queued (T8, K3)", async () => {
    const values = await TaskGroup.run(
      (group) =>
        Promise.all([1, 2, 3, 4].map((n) => group.createTask((scope) => scope.checkpoint().then(() => n * n)))),
      { limit: 1 },
    );
    expect(values).toEqual([1, 4, 9, 16]);
  });

  it("a failure keeps queued children from starting: they end cancelled, and are not errors (T8, T2)", async () => {
    const queued: Task<unknown>[] = [];
    const run = TaskGroup.run(
      (group) => {
        group.createTask((scope) => scope.checkpoint().then(() => Promise.reject(new Error("no"))));
        for (let i = 0; i < 3; i++) queued.push(group.createTask(() => expect.unreachable()));
      },
      { limit: 1 },
    );
    expect(await errorsOf(run)).toEqual([new Error("no")]);
    expect(queued.map(({ status, scope }) => [status, String(scope.reason?.cause)])).toEqual(
      queued.map(() => ["cancelled", "Error: no"]),
    );
  });

  it("a cancelled group starts no queued child, which is not an error (T8, T4)", async () => {
    let queued: Task<unknown> | undefined;
    const value = await TaskGroup.run(
      (group) => {
        group.createTask(forever);
        queued = group.createTask(() => expect.unreachable());
        group.cancel();
        return "value";
      },
      { limit: 1 },
    );
    expect([value, queued?.status]).toEqual(["value", "cancelled"]);
  });

  it("a queued child that an outer owner cancelled counts as interrupted (T8, T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(() => new Promise((resolve) => setImmediate(resolve)));
        group.createTask(() => expect.unreachable());
        return "value";
      },
      { parent, limit: 1 },
    );
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("a queued child may be cancelled alone, which uses up no place (T8, K5)", async () => {
    const started: number[] = [];
    const tasks: Task<void>[] = [];
    await TaskGroup.run(
      async (group) => {
        const gate = group.createTask(forever);
        for (let i = 0; i < 5; i++) tasks.push(group.createTask(() => void started.push(i)));
        tasks[1]!.cancel();
        tasks[4]!.cancel();
        expect((await outcomeOf(tasks[1]!)).error).toBe(tasks[1]!.scope.reason);
        expect([started, group.size]).toEqual([[], 4]);
        gate.cancel();
      },
      { limit: 1 },
    );
    expect(started).toEqual([0, 2, 3]);
    expect(tasks.map(({ status }) => status)).toEqual([
      "fulfilled",
      "cancelled",
      "fulfilled",
      "fulfilled",
      "cancelled",
    ]);
  });

  it("a child that ignores its cancellation keeps its place (T8, T1)", async () => {
    let next: Task<string> | undefined;
    let letGo: (() => void) | undefined;
    const statuses: (string | undefined)[] = [];
    await TaskGroup.run(
      async (group) => {
        const stubborn = group.createTask(() => new Promise<void>((resolve) => (letGo = resolve)));
        next = group.createTask(() => "its turn");
        stubborn.cancel();
        await group.scope.checkpoint();
        statuses.push(next.status);
        letGo?.();
      },
      { limit: 1 },
    );
    expect([...statuses, next?.status]).toEqual(["pending", "fulfilled"]);
  });

  it("a group cancels 100,000 queued children (T8)", async () => {
    const tasks: Task<unknown>[] = [];
    await TaskGroup.run(
      (group) => {
        group.createTask(() => new Promise((resolve) => setImmediate(resolve)));
        for (let i = 0; i < 100_000; i++) tasks.push(group.createTask(() => expect.unreachable()));
        group.cancel();
        expect(group.size).toBe(100_001);
      },
      { limit: 1 },
    );
    expect(tasks.every(({ status }) => status === "cancelled")).toBe(true);
  });

  it("a limit does not hold back children of a nested group (T8)", async () => {
    const value = await TaskGroup.run(
      (outer) =>
        outer.createTask((scope) =>
          TaskGroup.run((inner) => Promise.all([1, 2, 3].map((n) => inner.createTask(async () => n))), {
            parent: scope,
          }),
        ),
      { limit: 1 },
    );
    expect(value).toEqual([1, 2, 3]);
  });
});
