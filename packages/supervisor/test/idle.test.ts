import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, Supervisor } from "../src/index.js";

const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

describe("supervisor.idle", () => {
  it("idle resolves when no task is left, also after failures, and leaves the supervisor open (T8, V1)", async () => {
    const supervisor = new Supervisor({ onError() {} });
    using scope = new CancelScope();
    supervisor.createTask((task) => task.checkpoint());
    supervisor.createTask(() => Promise.reject(new Error("no")));
    await supervisor.idle(scope);
    expect([supervisor.size, await supervisor.createTask(() => "open")]).toEqual([0, "open"]);
    await supervisor.shutdown();
  });

  it("idle in the supervisor's own scope rejects when a shutdown has ended the last task, which cancels that scope (T8, V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((task) => task.checkpoint());
    const idle = supervisor.idle(supervisor.scope);
    await supervisor.shutdown({ grace: 1_000 });
    await expect(idle).rejects.toBe(supervisor.scope.reason);
  });

  it("idle waits for tasks that are created meanwhile, also queued ones, and may be called again (T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, limit: 1 });
    using scope = new CancelScope({ clock });
    for (let count = 0; count < 3; count++) supervisor.createTask((task) => task.sleep(10));
    supervisor.createTask(() => void supervisor.createTask((task) => task.sleep(10)));
    await supervisor.idle(scope);
    expect([clock.now(), supervisor.size]).toEqual([40, 0]);
    await supervisor.idle(scope);
    supervisor.createTask((task) => task.sleep(10));
    await supervisor.idle(scope);
    expect(clock.now()).toBe(50);
    await supervisor.shutdown();
  });

  it("idle rejects as sleep does: with the scope's CancelledError, also for its deadline, or a ClosedError (T8, S12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(forever);
    const cancelled = new CancelScope({ clock });
    const timed = new CancelScope({ clock, deadline: 10 });
    const closed = new CancelScope({ clock });
    const waits = [cancelled, timed, closed].map((scope) => supervisor.idle(scope));
    cancelled.cancel();
    closed.close();
    await expect(waits[0]).rejects.toBe(cancelled.reason);
    await expect(waits[1]).rejects.toMatchObject({ deadline: 10 });
    await expect(waits[2]).rejects.toBeInstanceOf(ClosedError);
    await expect(supervisor.idle(cancelled)).rejects.toBe(cancelled.reason);
    await supervisor.shutdown();
  });

  it("idle resolves when a shutdown has ended or abandoned the last task (T8, V4)", async () => {
    using scope = new CancelScope();
    for (const options of [{}, { timeout: 0 }]) {
      const supervisor = new Supervisor();
      supervisor.createTask(forever);
      const idle = supervisor.idle(scope);
      await supervisor.shutdown(options);
      expect(await idle).toBeUndefined();
    }
  });

  it.each([undefined, null, {}, new AbortController().signal])("idle refuses %o as the scope (T8)", (scope) => {
    const supervisor = new Supervisor();
    expect(() => supervisor.idle(scope as never)).toThrow(
      /^idle\(\) needs the CancelScope of the code that waits, got /,
    );
  });

  it("idle is an InvalidStateError if a task calls it (T8)", async () => {
    const errors: unknown[] = [];
    const supervisor = new Supervisor({ onError: (error) => errors.push(error) });
    supervisor.createTask((scope) => supervisor.idle(scope));
    supervisor.createTask((parent) => CancelScope.run((below) => supervisor.idle(below), { parent }));
    await supervisor.join();
    expect(errors).toEqual([expect.any(InvalidStateError), expect.any(InvalidStateError)]);
  });
});

describe("supervisor.start with the caller's scope", () => {
  it("start leaves no task behind if the caller is cancelled, and onError is not called (T10)", async () => {
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
