import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor, type Task } from "../src/index.js";

/** Three tasks of 10, 20 and 30 ms that log how they ended. */
function addThree(supervisor: Supervisor, log: string[], prefix = ""): Task<number>[] {
  return [10, 20, 30].map((ms) =>
    supervisor.createTask(
      async (scope) => {
        try {
          await scope.sleep(ms);
          log.push(`${prefix}${ms} done`);
          return ms;
        } catch (error) {
          log.push(`${prefix}${ms} cancelled`);
          throw error;
        }
      },
      { name: `${prefix}${ms}` },
    ),
  );
}

describe("Supervisor.run under a deadline", () => {
  it("a deadline of an outer scope cancels body and tasks, and the code after run continues (V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const outer = new CancelScope({ clock, deadline: 15 });
    const value = await outer.run(async (parent) => {
      await Supervisor.run(
        async (supervisor) => {
          addThree(supervisor, log);
          await supervisor.scope.sleep(100);
        },
        { parent },
      );
      log.push("not reached");
    });
    log.push("after");
    expect(value).toBeUndefined();
    expect(outer.cancelledCaught).toBe(true);
    expect(log).toEqual(["10 done", "20 cancelled", "30 cancelled", "after"]);
  });

  it("a shielded run finishes after an outer deadline, and the outer scope sees the deadline afterwards (S11, V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const outer = new CancelScope({ clock, deadline: 15 });
    await outer.run(async (parent) => {
      const value = await CancelScope.run(
        (shield) => Supervisor.run((supervisor) => Promise.all(addThree(supervisor, log)), { parent: shield }),
        { parent, shield: true },
      );
      log.push(`finished with ${value?.join()}`);
      await parent.checkpoint();
      log.push("not reached");
    });
    expect(log).toEqual(["10 done", "20 done", "30 done", "finished with 10,20,30"]);
    expect(outer.cancelledCaught).toBe(true);
  });

  it("a deadline of the run's own scope cancels body and tasks, also behind a shield (S9, S11)", async () => {
    for (const shield of [true, false]) {
      const clock = new VirtualClock({ autojump: true });
      const log: string[] = [];
      using outer = new CancelScope({ clock });
      using parent = new CancelScope({ parent: outer, shield });
      let own: CancelScope | undefined;
      const run = Supervisor.run(
        async (supervisor) => {
          own = supervisor.scope;
          own.deadline = 15;
          addThree(supervisor, log);
          if (shield) outer.cancel("hidden by the shield");
          await own.sleep(100);
        },
        { parent },
      );
      await expect(run).rejects.toMatchObject({ deadline: 15 });
      expect(own?.reason?.scope).toBe(own);
      expect(log).toEqual(["10 done", "20 cancelled", "30 cancelled"]);
      expect(clock.pending).toBe(0);
    }
  });

  it("run ends with one task done, one failed and one cancelled (V1, V2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ clock, onError: (error) => reported.push(error) });
    supervisor.scope.deadline = 50;
    const tasks = [
      supervisor.createTask((scope) => scope.sleep(10).then(() => "done")),
      supervisor.createTask((scope) => scope.sleep(20).then(() => Promise.reject(new Error("failed")))),
      supervisor.createTask((scope) => scope.sleep(100)),
    ];
    await supervisor.join();
    expect(tasks.map((task) => task.status)).toEqual(["fulfilled", "rejected", "cancelled"]);
    expect(reported).toEqual([new Error("failed")]);
    expect(clock.now()).toBe(50);
  });
});

describe("nested supervisors", () => {
  it.each([
    { outer: true, inner: true, ends: ["inner 30 done", "outer 30 done"] },
    { outer: true, inner: false, ends: ["inner 30 done", "outer 30 done"] },
    { outer: false, inner: true, ends: ["outer 30 cancelled", "inner 30 done"] },
    { outer: false, inner: false, ends: ["outer 30 cancelled", "inner 30 cancelled"] },
  ])(
    "supervisors are cancelled from outside unless a shield hides the cancellation: outer $outer, inner $inner (S11)",
    async (shields) => {
      const clock = new VirtualClock({ autojump: true });
      const log: string[] = [];
      await CancelScope.run(
        async (parent) => {
          await CancelScope.run(
            (outer) =>
              Supervisor.run(
                async (supervisor) => {
                  addThree(supervisor, log, "outer ");
                  await CancelScope.run(
                    (inner) => Supervisor.run((own) => void addThree(own, log, "inner "), { parent: inner }),
                    { parent: supervisor.scope, shield: shields.inner },
                  );
                },
                { parent: outer },
              ),
            { parent, shield: shields.outer },
          );
        },
        { clock, deadline: 25 },
      );
      const ends = log.filter((entry) => entry.includes("30"));
      expect(ends.sort()).toEqual([...shields.ends].sort());
      expect(log).toHaveLength(6);
    },
  );

  it("an outer cancellation passes through five levels of tasks, and the innermost is waited for first (V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const level = async (parent: CancelScope, depth: number): Promise<void> => {
      await Supervisor.run(
        async (supervisor) => {
          supervisor.createTask((scope) => (depth < 5 ? level(scope, depth + 1) : scope.sleep(Infinity)));
          await supervisor.scope.sleep(Infinity).catch(() => {});
        },
        { parent, name: `level ${depth}` },
      ).catch((error: unknown) => {
        log.push(`level ${depth} ended at ${clock.now()}`);
        throw error;
      });
    };
    expect(await CancelScope.run((scope) => level(scope, 1), { clock, deadline: 10 })).toBeUndefined();
    expect(log).toEqual([5, 4, 3, 2, 1].map((depth) => `level ${depth} ended at 10`));
  });

  it("a failure stays in the innermost supervisor (V1)", async () => {
    const reported: string[] = [];
    const value = await Supervisor.run(
      async (outer) => {
        const inner = outer.createTask((scope) =>
          Supervisor.run(
            (supervisor) => {
              supervisor.createTask(() => Promise.reject(new Error("boom")));
              return "inner value";
            },
            { parent: scope, onError: () => reported.push("inner") },
          ),
        );
        return await inner;
      },
      { onError: () => reported.push("outer") },
    );
    expect(value).toBe("inner value");
    expect(reported).toEqual(["inner"]);
  });

  it("a shutdown goes from the outside in: the outer supervisor waits for the inner one's cleanup (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const outer = new Supervisor({ clock });
    outer.createTask((parent) =>
      Supervisor.run(
        (inner) =>
          void inner.createTask(async (scope) => {
            await scope.sleep(Infinity).catch(() => {});
            using cleanup = new CancelScope({ parent: scope, shield: true });
            await cleanup.sleep(40);
            log.push(`cleaned up at ${clock.now()}`);
            scope.throwIfCancelled();
          }),
        { parent },
      ),
    );
    const report = await outer.shutdown({ grace: 10 });
    expect(log).toEqual(["cleaned up at 50"]);
    expect(report).toEqual({ completed: 0, failed: 0, cancelled: 1, abandoned: [], elapsed: 50 });
  });
});
