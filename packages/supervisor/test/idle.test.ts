import { describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, Supervisor } from "../src/index.js";

const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

describe("supervisor.limit", () => {
  it("is read and set at any time, also during a shutdown (T8)", async () => {
    const supervisor = new Supervisor({ limit: 1 });
    const [first, second] = [supervisor.createTask(forever), supervisor.createTask(() => "drained")];
    expect([supervisor.limit, second.queued, supervisor.stats().queued]).toEqual([1, true, 1]);
    const over = supervisor.shutdown({ grace: 1_000 });
    supervisor.limit = Infinity;
    expect(await second).toBe("drained");
    first.cancel();
    expect(await over).toMatchObject({ completed: 1, cancelled: 1 });
    expect(() => (supervisor.limit = NaN)).toThrow(RangeError);
    expect(supervisor.limit).toBe(Infinity);
  });
});

describe("supervisor.idle", () => {
  it("resolves when no task is left, failed ones included, and leaves the supervisor open (T8, V1)", async () => {
    const supervisor = new Supervisor({ onError() {} });
    using scope = new CancelScope();
    supervisor.createTask((task) => task.checkpoint());
    supervisor.createTask(() => Promise.reject(new Error("no")));
    await supervisor.idle(scope);
    expect([supervisor.size, await supervisor.createTask(() => "open")]).toEqual([0, "open"]);
    await supervisor.shutdown();
  });

  it("rejects in the supervisor's own scope where a shutdown has no task left, which cancels that scope (T8, V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((task) => task.checkpoint());
    const idle = supervisor.idle(supervisor.scope);
    await supervisor.shutdown({ grace: 1_000 });
    await expect(idle).rejects.toBe(supervisor.scope.reason);
  });

  it("called by a task is an InvalidStateError (T8)", async () => {
    const errors: unknown[] = [];
    const supervisor = new Supervisor({ onError: (error) => errors.push(error) });
    supervisor.createTask((scope) => supervisor.idle(scope));
    await supervisor.join();
    expect(errors).toEqual([expect.any(InvalidStateError)]);
  });
});

describe("supervisor.start with the caller's scope", () => {
  it("leaves no task behind where the caller is cancelled, and onError is not called (T10)", async () => {
    const errors: unknown[] = [];
    const supervisor = new Supervisor({ onError: (error) => errors.push(error) });
    const caller = new CancelScope();
    const run = caller.run(() => supervisor.start(forever, { scope: caller }));
    caller.cancel();
    expect(await run).toBeUndefined();
    expect([supervisor.size, errors]).toEqual([0, []]);
    await supervisor.shutdown();
  });
});
