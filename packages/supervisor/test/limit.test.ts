import { describe, expect, it } from "vitest";
import { type CancelScope, ClosedError, Supervisor } from "../src/index.js";
import { watch } from "./watch.js";

const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

describe("supervisor.limit", () => {
  it("limit is Infinity if it is not set, and the given value otherwise (T8)", () => {
    expect(new Supervisor().limit).toBe(Infinity);
    expect(new Supervisor({ limit: 3 }).limit).toBe(3);
    expect(new Supervisor({ limit: Infinity }).limit).toBe(Infinity);
  });

  it.each<[unknown, ErrorConstructor]>([
    ["2", TypeError],
    [null, TypeError],
    [2n, TypeError],
    [0, RangeError],
    [-1, RangeError],
    [1.5, RangeError],
    [NaN, RangeError],
    [-Infinity, RangeError],
  ])("limit cannot be set to %o, and keeps its value (T8)", (limit, kind) => {
    const supervisor = new Supervisor({ limit: 2 });
    expect(() => (supervisor.limit = limit as never)).toThrow(kind);
    expect(() => new Supervisor({ limit: limit as never })).toThrow(kind);
    expect(supervisor.limit).toBe(2);
  });

  it("raising the limit starts waiting tasks at once, in order of creation (T8)", async () => {
    const { clock, log, note } = watch();
    const supervisor = new Supervisor({ clock, limit: 1 });
    const tasks = ["a", "b", "c", "d"].map((name) =>
      supervisor.createTask((scope) => {
        note(name);
        return scope.sleep(10);
      }),
    );
    expect(tasks.map((task) => task.queued)).toEqual([false, true, true, true]);
    supervisor.limit = 3;
    await Promise.resolve();
    expect(log).toEqual(["0: a", "0: b", "0: c"]);
    expect([tasks[3]!.queued, supervisor.stats()]).toMatchObject([true, { running: 3, queued: 1 }]);
    await supervisor.join();
    expect(log[3]).toBe("10: d");
  });

  it("lowering the limit takes effect as tasks end (T8)", async () => {
    const { clock, log, note } = watch();
    const supervisor = new Supervisor({ clock, limit: 3 });
    for (const ms of [10, 20, 30]) supervisor.createTask((scope) => scope.sleep(ms));
    supervisor.limit = 1;
    supervisor.createTask(() => note("started"));
    expect(supervisor.stats()).toMatchObject({ running: 3, queued: 1 });
    await supervisor.join();
    expect(log).toEqual(["30: started"]);
  });

  it("limit may be set during a shutdown: queued tasks then start in the grace (T8, V4)", async () => {
    const supervisor = new Supervisor({ limit: 1 });
    const [first, second] = [supervisor.createTask(forever), supervisor.createTask(() => "drained")];
    expect([supervisor.limit, second.queued, supervisor.stats().queued]).toEqual([1, true, 1]);
    const over = supervisor.shutdown({ grace: 1_000 });
    supervisor.limit = Infinity;
    expect(await second).toBe("drained");
    first.cancel();
    expect(await over).toMatchObject({ completed: 1, cancelled: 1 });
    expect(supervisor.limit).toBe(Infinity);
  });
});

describe("a queued task of a supervisor", () => {
  it("a queued task that is cancelled never starts, and the others keep their order (T8)", async () => {
    const { clock, log, note } = watch();
    const supervisor = new Supervisor({ clock, limit: 1 });
    supervisor.createTask((scope) => scope.sleep(10));
    const tasks = ["a", "b", "c"].map((name) => supervisor.createTask(() => note(name)));
    tasks[1]!.cancel();
    await supervisor.join();
    expect(log).toEqual(["10: a", "10: c"]);
    expect(tasks[1]!.status).toBe("cancelled");
  });

  it("a queued task whose scope is closed fails, and onError sees it counted as failed, not as queued (T8, V12)", async () => {
    const seen: unknown[] = [];
    const supervisor = new Supervisor({ limit: 1, onError: () => seen.push(supervisor.stats()) });
    const first = supervisor.createTask(forever);
    const queued = supervisor.createTask(() => {});
    queued.scope.close();
    await expect(queued).rejects.toBeInstanceOf(ClosedError);
    expect(seen).toMatchObject([{ running: 1, queued: 0, failed: 1 }]);
    first.cancel();
    await supervisor.shutdown();
  });

  it("a queued task does not hold up a later stage, and is cancelled with its own stage (T8, V4)", async () => {
    const { clock, log, note, until } = watch();
    const supervisor = new Supervisor({ clock, limit: 1 });
    supervisor.createTask(until("pool", 5), { stage: 1 }); // has the only place
    const request = supervisor.createTask(() => note("must not start"));
    request.addDoneCallback(({ status }) => note(`request ${status}`));
    expect(await supervisor.shutdown({ grace: 20 })).toMatchObject({ cancelled: 2, elapsed: 45 });
    expect(log).toEqual(["20: request cancelled", "40: pool cancelled"]);
  });
});
