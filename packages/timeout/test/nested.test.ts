import { CancelScope, ExceptionGroup } from "@selvage/scope";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { moveOnAfter, type Timeout, timeout, timeoutAt, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

const nameOf = (error: unknown): string => (error as Error).name;

describe("a timeout in a timeout", () => {
  it("of two timeouts with one deadline, both have expired, and only the outermost converts (O4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const handles: Timeout[] = [];
    const run = timeoutAt(
      100,
      async (outer) => {
        handles.push(outer);
        try {
          await timeoutAt(
            100,
            async (inner) => {
              handles.push(inner);
              await inner.scope.sleep(1_000).catch((error: unknown) => {
                log.push(`body: ${nameOf(error)}`);
                throw error;
              });
            },
            { parent: outer.scope, name: "inner" },
          );
        } catch (error) {
          log.push(`inner: ${nameOf(error)}`);
          throw error;
        }
      },
      { clock, name: "outer" },
    );
    await expect(run).rejects.toThrow(new TimeoutError('"outer" timed out after 100 ms'));
    expect(log).toEqual(["body: AbortError", "inner: AbortError"]);
    expect(handles.map(({ expired }) => expired)).toEqual([true, true]);
    expect(handles[1]?.scope.reason).toBe(handles[0]?.scope.reason);
  });

  it("of four timeouts with one deadline, only the outermost converts (O4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const seen: string[] = [];
    const handles: Timeout[] = [];
    const level = (depth: number, parent?: CancelScope): Promise<void> =>
      timeoutAt(
        100,
        async (own) => {
          handles.push(own);
          await (depth < 4 ? level(depth + 1, own.scope) : own.scope.sleep(1_000));
        },
        { clock, parent },
      ).catch((error: unknown) => {
        seen.push(`${depth}: ${nameOf(error)}`);
        throw error;
      });
    await expect(level(1)).rejects.toBeInstanceOf(TimeoutError);
    expect(seen).toEqual(["4: AbortError", "3: AbortError", "2: AbortError", "1: TimeoutError"]);
    expect(handles.map(({ expired }) => expired)).toEqual([true, true, true, true]);
  });

  it.each([
    { inner: 50, outer: 100, message: '"inner" timed out after 50 ms', expired: [false, true] },
    { inner: 100, outer: 50, message: '"outer" timed out after 50 ms', expired: [true, false] },
  ])(
    "the earlier deadline cancels the inner timeout: inner $inner, outer $outer (O4)",
    async ({ inner, outer, message, expired }) => {
      const clock = new VirtualClock({ autojump: true });
      const handles: Timeout[] = [];
      const run = timeout(
        outer,
        (outerHandle) =>
          timeout(
            inner,
            (innerHandle) => {
              handles.push(outerHandle, innerHandle);
              return innerHandle.scope.sleep(1_000);
            },
            { parent: outerHandle.scope, name: "inner" },
          ),
        { clock, name: "outer" },
      );
      await expect(run).rejects.toThrow(new TimeoutError(message));
      expect(handles.map((handle) => handle.expired)).toEqual(expired);
      expect(clock.now()).toBe(50);
    },
  );

  it.each([
    { inner: 100, outer: 20, converts: "outer", expired: [true, false] },
    { inner: 20, outer: 100, converts: "inner", expired: [true, true] },
    { inner: 50, outer: 50, converts: "outer", expired: [true, true] },
  ])("the earlier deadline wins also if both are noticed too late: inner $inner, outer $outer (S9, O4)", async (c) => {
    const clock = new BusyClock();
    const handles: Timeout[] = [];
    const run = timeout(
      c.outer,
      (outer) =>
        timeout(
          c.inner,
          async (inner) => {
            handles.push(outer, inner);
            clock.time = 500; // computes for 500 ms
            await inner.scope.sleep(1);
          },
          { parent: outer.scope, name: "inner" },
        ),
      { clock, name: "outer" },
    );
    await expect(run).rejects.toThrow(
      `"${c.converts}" timed out after 20 ms`.replace("20", String(Math.min(c.inner, c.outer))),
    );
    expect(handles.map((handle) => handle.expired)).toEqual(c.expired);
  });

  it("the outer timeout cancels the code after an inner one that has ended, without a turn of the event loop (S9)", async () => {
    const clock = new BusyClock();
    const log: string[] = [];
    const run = timeout(
      100,
      async (outer) => {
        const value = await timeout(
          1_000,
          () => {
            clock.time = 150;
            return "computed";
          },
          { parent: outer.scope },
        );
        log.push(value);
        await outer.scope.sleep(1);
        log.push("not reached");
      },
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 100 ms");
    expect(log).toEqual(["computed"]);
  });

  it("the outer timeout passes on the inner one's TimeoutError, whether the outer has expired or not (O4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    for (const [outer, expired] of [
      [1_000, false],
      [60, true],
    ] as const) {
      let handle: Timeout | undefined;
      const run = timeout(
        outer,
        async (own) => {
          handle = own;
          await timeout(50, (inner) => inner.scope.sleep(1_000).finally(() => new CancelScope({ clock }).sleep(20)), {
            parent: own.scope,
            name: "inner",
          });
        },
        { clock, name: "outer" },
      );
      await expect(run).rejects.toThrow(new TimeoutError('"inner" timed out after 50 ms'));
      expect(handle?.expired).toBe(expired);
    }
  });

  it("a timeout in the cleanup of an expired one, behind a shield, has its whole time (S11, O4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const run = timeout(
      10,
      async ({ scope }) => {
        try {
          await scope.sleep(1_000);
        } finally {
          using cleanup = new CancelScope({ parent: scope, shield: true });
          await timeout(20, (own) => own.scope.sleep(1_000), { parent: cleanup, name: "cleanup" }).catch(
            (error: unknown) => log.push(`${clock.now()}: ${(error as Error).message}`),
          );
        }
      },
      { clock, name: "work" },
    );
    await expect(run).rejects.toThrow(new TimeoutError('"work" timed out after 10 ms'));
    expect(log).toEqual(['30: "cleanup" timed out after 20 ms']);
  });

  it("a timeout in the cleanup of an expired one, without a shield, is cancelled at once (O4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let inner: Timeout | undefined;
    const run = timeout(
      10,
      ({ scope }) =>
        scope.sleep(1_000).finally(() => timeout(20, (own) => (inner = own).scope.sleep(5), { parent: scope })),
      { clock },
    );
    await expect(run).rejects.toThrow("timed out after 10 ms");
    expect([clock.now(), inner?.expired]).toEqual([10, false]);
  });

  it("an inner timeout may expire repeatedly while the outer one does not (O1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let attempts = 0;
    const value = await timeout(
      1_000,
      async (outer) => {
        for (;;) {
          try {
            return await timeout(10, (own) => own.scope.sleep(++attempts < 5 ? 100 : 5), { parent: outer.scope });
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
          }
        }
      },
      { clock },
    );
    expect([value, attempts, clock.now()]).toEqual([undefined, 5, 45]);
  });
});

describe("a TimeoutError", () => {
  it("a TimeoutError is a failure that no scope absorbs, not even the cancelled one above it (O2, S14)", async () => {
    const clock = new VirtualClock({ autojump: true });
    using scope = new CancelScope({ clock });
    const run = scope.run((parent) =>
      timeout(10, (own) => own.scope.sleep(100), { parent }).finally(() => {
        parent.cancel();
      }),
    );
    await expect(run).rejects.toBeInstanceOf(TimeoutError);
    expect(scope.cancelledCaught).toBe(false);
  });

  it("a TimeoutError is the failure of a task, never its cancellation (K2, O2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const set = new TaskOwner("Tasks", { clock }, { taskEnded: () => {} });
    const task = set.createTask((scope) => timeout(10, (own) => own.scope.sleep(100), { parent: scope }));
    await expect(task).rejects.toBeInstanceOf(TimeoutError);
    expect(task.status).toBe("rejected");
    await set.finish();
  });

  it("a TimeoutError is a failure in a group beside a cancellation: the group is passed on (O2, S15)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeout(
      20,
      async ({ scope }) => {
        const results = await Promise.allSettled([
          timeout(10, (own) => own.scope.sleep(100), { parent: scope }),
          scope.sleep(100),
        ]);
        throw new ExceptionGroup(
          "both",
          results.map((result) => (result as PromiseRejectedResult).reason as unknown),
        );
      },
      { clock },
    );
    await expect(run).rejects.toMatchObject({ errors: [{ name: "TimeoutError" }, { name: "AbortError" }] });
  });

  it("a TimeoutError that is wrapped stays a failure, although its cause is a cancellation (O2, S15)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const value = await moveOnAfter(
      100,
      ({ scope }) =>
        timeout(10, (own) => own.scope.sleep(50), { parent: scope }).catch((cause: unknown) => {
          scope.cancel();
          throw new Error("wrapped", { cause });
        }),
      { clock },
    ).catch((error: unknown) => error);
    expect(value).toMatchObject({ message: "wrapped", cause: { name: "TimeoutError", cause: { name: "AbortError" } } });
  });
});

describe("nested timeouts on two clocks", () => {
  it("nested timeouts on two clocks do not compare their times: the inner one expires by its own clock (O3, C1)", async () => {
    for (const [innerTime, expired] of [
      [0, false],
      [5, true],
    ] as const) {
      const [outerClock, innerClock] = [new VirtualClock({ autojump: true }), new VirtualClock({ start: innerTime })];
      let inner: Timeout | undefined;
      const run = timeout(
        1_000,
        (outer) =>
          timeoutAt(
            5,
            async (own) => {
              inner = own;
              await own.scope.race(new Promise(() => {}));
            },
            { parent: outer.scope, clock: innerClock },
          ),
        { clock: outerClock },
      );
      await run.catch(() => {});
      expect(inner?.expired).toBe(expired);
    }
  });
});
