import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor, type Task } from "../src/index.js";

/** Three tasks of 10, 20 and 30 ms that log what became of them. */
function addThree(supervisor: Supervisor, log: string[], prefix = ""): Task<number>[] {
  return [10, 20, 30].map((ms) =>
    supervisor.createTask(
      async (scope) => {
        try {
          await scope.sleep(ms);
          log.push(`${prefix}${ms} done`);
          return ms;
        } catch (error) {
          log.push(`${prefix}${ms} cut`);
          throw error;
        }
      },
      { name: `${prefix}${ms}` },
    ),
  );
}

describe("Supervisor.run under a deadline", () => {
  it("of an outer scope cuts body and tasks; what follows runs (V7)", async () => {
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
    expect(log).toEqual(["10 done", "20 cut", "30 cut", "after"]);
  });

  it("of an outer scope finishes behind a shield; the outer scope sees it afterwards (S11, V7)", async () => {
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

  it("of its own cuts body and tasks, behind a shield too, whatever comes from outside (S9, S11)", async () => {
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
      expect(log).toEqual(["10 done", "20 cut", "30 cut"]);
      expect(clock.pending).toBe(0);
    }
  });

  it("has one task done, one failed and one cancelled (V1, V2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const told: unknown[] = [];
    const supervisor = new Supervisor({ clock, onError: (error) => told.push(error) });
    supervisor.scope.deadline = 50;
    const tasks = [
      supervisor.createTask((scope) => scope.sleep(10).then(() => "done")),
      supervisor.createTask((scope) => scope.sleep(20).then(() => Promise.reject(new Error("failed")))),
      supervisor.createTask((scope) => scope.sleep(100)),
    ];
    await supervisor.join();
    expect(tasks.map((task) => task.status)).toEqual(["fulfilled", "rejected", "cancelled"]);
    expect(told).toEqual([new Error("failed")]);
    expect(clock.now()).toBe(50);
  });
});

describe("supervisors in supervisors", () => {
  it.each([
    { outer: true, inner: true, ends: ["inner 30 done", "outer 30 done"] },
    { outer: true, inner: false, ends: ["inner 30 done", "outer 30 done"] },
    { outer: false, inner: true, ends: ["outer 30 cut", "inner 30 done"] },
    { outer: false, inner: false, ends: ["outer 30 cut", "inner 30 cut"] },
  ])("are cut from outside as far as no shield hides it: outer $outer, inner $inner (S11)", async (shields) => {
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
  });

  it("are cut through five levels of tasks, innermost waited for first (V7)", async () => {
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

  it("keep a failure to the innermost (V1)", async () => {
    const told: string[] = [];
    const value = await Supervisor.run(
      async (outer) => {
        const inner = outer.createTask((scope) =>
          Supervisor.run(
            (supervisor) => {
              supervisor.createTask(() => Promise.reject(new Error("boom")));
              return "inner value";
            },
            { parent: scope, onError: () => told.push("inner") },
          ),
        );
        return await inner;
      },
      { onError: () => told.push("outer") },
    );
    expect(value).toBe("inner value");
    expect(told).toEqual(["inner"]);
  });

  it("are shut down from the outside in: the outer waits for the inner's cleanup (V4)", async () => {
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

describe("a supervisor as an object's field", () => {
  class Service {
    readonly tasks = new Supervisor({
      clock: new VirtualClock({ autojump: true }),
      onError: (error) => this.errors.push(error),
    });
    readonly errors: unknown[] = [];
    readonly handled: number[] = [];

    handle(request: number): void {
      this.tasks.createTask(
        async (scope) => {
          await scope.sleep(request * 10);
          if (request % 3 === 0) throw request;
          this.handled.push(request);
        },
        { name: `request ${request}` },
      );
    }
  }

  it("takes work from synchronous methods, and is drained or cut by its shutdown (V3, V4)", async () => {
    const service = new Service();
    for (let request = 1; request <= 10; request++) service.handle(request);
    expect(Array.from(service.tasks.tasks, (task) => task.name)).toContain("request 10");
    const report = await service.tasks.shutdown({ grace: 55 });
    expect(service.handled).toEqual([1, 2, 4, 5]);
    expect(service.errors).toEqual([3]);
    expect(report).toEqual({ completed: 4, failed: 1, cancelled: 5, abandoned: [], elapsed: 55 });
  });

  it("is shut down by another task half-way, and what follows there runs (V4)", async () => {
    const service = new Service();
    const log: string[] = [];
    const elsewhere = new Supervisor({ clock: service.tasks.scope.clock });
    elsewhere.createTask(async (scope) => {
      await scope.sleep(25);
      const { completed, cancelled } = await service.tasks.shutdown();
      log.push(`${completed} completed, ${cancelled} cancelled`);
    });
    for (const request of [1, 2, 4, 5]) service.handle(request);
    await elsewhere.join();
    expect(log).toEqual(["0 completed, 2 cancelled"]);
    expect(service.handled).toEqual([1, 2]);
  });

  it("is not cut short in its cleanup when whoever shuts it down is cancelled (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    let cleanedUp = false;
    supervisor.createTask(async (scope) => {
      await scope.sleep(Infinity).catch(() => {});
      using cleanup = new CancelScope({ parent: scope, shield: true });
      await cleanup.sleep(100);
      cleanedUp = true;
    });
    await CancelScope.run((scope) => scope.race(supervisor.shutdown()), { clock, deadline: 10 });
    expect([clock.now(), cleanedUp]).toEqual([10, false]);
    await supervisor.shutdown();
    expect([clock.now(), cleanedUp]).toEqual([100, true]);
  });

  it("is ended over a mixture of done, failed, pending and queued tasks, cancelled at once and waited for (V4, V5)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock(), onError: () => {}, limit: 5 });
    supervisor.createTask(() => "done");
    supervisor.createTask(() => Promise.reject("failed"));
    await settled();
    for (let number = 0; number < 7; number++) supervisor.createTask((scope) => scope.sleep(Infinity));
    expect(await supervisor.shutdown()).toEqual({ completed: 0, failed: 0, cancelled: 7, abandoned: [], elapsed: 0 });
    expect(supervisor.stats()).toEqual({ running: 0, queued: 0, completed: 1, failed: 1, cancelled: 7 });
  });
});
