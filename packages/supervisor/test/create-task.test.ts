import { EventEmitter, once } from "node:events";
import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ClosedError, Supervisor, type Task } from "../src/index.js";

const quiet = { onError: (): void => {} };

describe("supervisor.createTask", () => {
  it("a task starts synchronously, with a scope below the supervisor's (K1, V3)", async () => {
    await using supervisor = new Supervisor();
    let given: CancelScope | undefined;
    const task = supervisor.createTask((scope) => {
      given = scope;
      return 42;
    });
    expect(given).toBe(task.scope);
    expect(task.status).toBe("pending");
    expect(await task).toBe(42);
    expectTypeOf(task).toEqualTypeOf<Task<number>>();
  });

  it("createTask may be called from a timer, an event handler and a signal handler (V3)", async () => {
    await using supervisor = new Supervisor();
    const started: string[] = [];
    const start = (name: string) => (): void => {
      supervisor.createTask((scope) => {
        started.push(name);
        return scope.checkpoint();
      });
    };
    setTimeout(start("timer"), 1);
    const emitter = new EventEmitter().on("request", start("event"));
    emitter.emit("request");
    process.once("SIGUSR2", start("signal"));
    const delivered = once(process, "SIGUSR2");
    process.kill(process.pid, "SIGUSR2");
    await delivered;
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(started.sort()).toEqual(["event", "signal", "timer"]);
    await supervisor.join();
    expect(supervisor.stats().completed).toBe(3);
  });

  it("a task created inside another tree of tasks has the supervisor's scope as its parent (V3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await using supervisor = new Supervisor({ clock });
    await using other = new Supervisor({ clock });
    let task: Task<string> | undefined;
    const caller = other.createTask(async (scope) => {
      task = supervisor.createTask(async (own) => {
        await own.sleep(10);
        return "went on";
      });
      await scope.sleep(Infinity);
    });
    other.scope.cancel();
    await other.join();
    expect(caller.status).toBe("cancelled");
    expect(await task).toBe("went on");
  });

  it("a task's own children may call createTask (V3)", async () => {
    await using supervisor = new Supervisor();
    supervisor.createTask(async () => {
      supervisor.createTask((scope) => scope.checkpoint());
    });
    await supervisor.join();
    expect(supervisor.stats().completed).toBe(2);
  });

  it("createTask throws the CancelledError and calls nothing if the supervisor was cancelled without a shutdown (V3)", async () => {
    await using supervisor = new Supervisor();
    supervisor.scope.cancel("enough");
    let called = false;
    expect(() => supervisor.createTask(() => (called = true))).toThrow(supervisor.scope.reason);
    expect(supervisor.scope.reason).toMatchObject({ cause: "enough" });
    expect(called).toBe(false);
    expect(supervisor.size).toBe(0);
  });

  it("createTask throws the outer CancelledError if an outer owner was cancelled (V3)", async () => {
    const parent = new CancelScope();
    await using supervisor = new Supervisor({ parent: parent.signal });
    parent.cancel();
    expect(() => supervisor.createTask(() => {})).toThrow(parent.reason);
  });

  it("createTask throws a ClosedError that says so once the supervisor has finished", async () => {
    const supervisor = new Supervisor();
    await supervisor.join();
    expect(() => supervisor.createTask(() => {})).toThrow(
      new ClosedError("This Supervisor has finished: make a new one."),
    );
  });

  it.each([
    [[undefined], "A task must be a function, got undefined."],
    [[() => {}, { name: 3 }], "A task's name must be a string, got 3."],
  ])("createTask rejects the invalid argument %o and changes nothing", async (args, message) => {
    await using supervisor = new Supervisor();
    expect(() => supervisor.createTask(...(args as [never]))).toThrow(new TypeError(message));
    expect(supervisor.size).toBe(0);
  });

  it("a supervisor runs at most `limit` tasks at once, and queues the rest in order of creation (T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ ...quiet, clock, limit: 2 });
    const log: string[] = [];
    for (let number = 0; number < 5; number++) {
      supervisor.createTask(async (scope) => {
        log.push(`${number} at ${clock.now()}`);
        await scope.sleep(10);
        if (number === 1) throw new Error("a failure makes room as well");
      });
    }
    expect(supervisor.stats()).toMatchObject({ running: 2, queued: 3 });
    await supervisor.join();
    expect(log).toEqual(["0 at 0", "1 at 0", "2 at 10", "3 at 10", "4 at 20"]);
  });
});
