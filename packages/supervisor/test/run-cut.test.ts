import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { ClosedError, Supervisor, type Task } from "../src/index.js";

describe("Supervisor.run, shut down from elsewhere", () => {
  it("a shutdown cancels the body, and run resolves undefined (V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run(
      async (own) => {
        supervisor = own;
        await own.scope.sleep(Infinity);
        return "never";
      },
      { clock },
    );
    const report = await supervisor?.shutdown();
    expect(report).toMatchObject({ completed: 0, elapsed: 0 });
    expect(await run).toBeUndefined();
  });

  it("run keeps the value of a body that ignores the shutdown (V7)", async () => {
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run(async (own) => {
      supervisor = own;
      await own.scope.sleep(Infinity).catch(() => {});
      return "kept";
    });
    await supervisor?.shutdown();
    expect(await run).toBe("kept");
  });

  it("run rejects with the error of a body that fails because of the shutdown (V7)", async () => {
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run(async (own) => {
      supervisor = own;
      await own.scope.sleep(Infinity).catch(() => Promise.reject(new Error("cannot stop")));
    });
    await supervisor?.shutdown();
    await expect(run).rejects.toThrow("cannot stop");
  });

  it("run counts the platform's abort, a wrapped one and a group of them as a cancellation of the body (S15, V7)", async () => {
    const conversions = [
      () => new DOMException("aborted", "AbortError"),
      (cause: unknown) => new Error("wrapped", { cause }),
      (error: unknown) => new AggregateError([error]),
    ];
    for (const convert of conversions) {
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run((own) => {
        supervisor = own;
        return own.scope.sleep(Infinity).catch((error: unknown) => Promise.reject(convert(error)));
      });
      await supervisor?.shutdown();
      expect(await run).toBeUndefined();
    }
  });

  it("run waits for a body that unwinds slowly, and the shutdown does not (V4, V7)", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run(
      async (own) => {
        supervisor = own;
        await own.scope.sleep(Infinity).catch(() => {});
        using cleanup = new CancelScope({ clock });
        await cleanup.sleep(100);
      },
      { clock },
    );
    void run.then(() => log.push("run"));
    void supervisor?.shutdown().then(() => log.push("shutdown"));
    await clock.advance(99);
    expect(log).toEqual(["shutdown"]);
    await clock.advance(1);
    expect(log).toEqual(["shutdown", "run"]);
  });

  it("the body may continue through the grace, but no longer than there are tasks (V4, V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let supervisor: Supervisor | undefined;
    let cutAt: number | undefined;
    const run = Supervisor.run(
      async (own) => {
        supervisor = own;
        own.scope.onCancel(() => (cutAt = clock.now()));
        own.createTask((scope) => scope.sleep(30));
        await own.scope.sleep(Infinity);
      },
      { clock },
    );
    expect(await supervisor?.shutdown({ grace: 100 })).toMatchObject({ completed: 1, elapsed: 30 });
    expect(cutAt).toBe(30);
    expect(await run).toBeUndefined();
  });

  it("a body that was cancelled leaves no error of the scopes that it left open, if nothing runs or waits in them (S16, V7)", async () => {
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run(async (own) => {
      supervisor = own;
      new CancelScope({ parent: own.scope, name: "idle" });
      await own.scope.sleep(Infinity);
    });
    await supervisor?.shutdown();
    expect(await run).toBeUndefined();
  });

  it("a shutdown after the body has returned closes the scope in the step in which the last task ends (V4)", async () => {
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run((own) => {
      supervisor = own;
      own.createTask((scope) => scope.sleep(Infinity));
    });
    await settled();
    await supervisor?.shutdown();
    expect(() => new CancelScope({ parent: supervisor!.scope })).toThrow(ClosedError);
    await run;
  });

  it("run resolves with the body's value if the body had returned before (V7)", async () => {
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run((own) => {
      supervisor = own;
      own.createTask((scope) => scope.sleep(Infinity));
      return "returned";
    });
    await settled();
    expect(await supervisor?.shutdown()).toMatchObject({ cancelled: 1 });
    expect(await run).toBe("returned");
  });
});

describe("Supervisor.run, cancelled by an outer owner", () => {
  it("an outer cancellation cancels body and tasks; run waits for them, and rejects with the outer CancelledError (V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const outer = new CancelScope({ clock });
    let task: Task<void> | undefined;
    const run = Supervisor.run(
      async (supervisor) => {
        task = supervisor.createTask((scope) =>
          scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(9)),
        );
        await supervisor.scope.sleep(Infinity);
      },
      { parent: outer },
    );
    outer.cancel("outer");
    await expect(run).rejects.toBe(outer.reason);
    expect(clock.now()).toBe(9);
    expect(task?.status).toBe("cancelled");
    outer.close();
  });

  it("the outer owner absorbs its cancellation, and no scope below does (S14, V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let wentOn = false;
    const outer = CancelScope.run(
      async (parent) => {
        await Supervisor.run((supervisor) => supervisor.scope.sleep(Infinity), { parent });
        wentOn = true;
      },
      { clock, deadline: 10 },
    );
    expect(await outer).toBeUndefined();
    expect(wentOn).toBe(false);
  });

  it("run rejects also if only a task was cancelled, and the body had returned (V7)", async () => {
    const outer = new AbortController();
    const run = Supervisor.run(
      (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity));
        return "value";
      },
      { parent: outer.signal },
    );
    await settled();
    outer.abort("outer");
    await expect(run).rejects.toMatchObject({ name: "AbortError", cause: "outer" });
  });

  it("run resolves with the value if nothing was interrupted by the cancellation (V7)", async () => {
    const outer = new CancelScope();
    const run = Supervisor.run(
      async (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => "finished despite cancellation"));
        supervisor.createTask((scope) => scope.sleep(Infinity)).cancel("by itself");
        await settled();
        outer.cancel();
        return "value";
      },
      { parent: outer.signal },
    );
    expect(await run).toBe("value");
  });

  it("run rejects with the body's own error if the body failed because of the cancellation (V7)", async () => {
    const outer = new CancelScope();
    const run = Supervisor.run(
      (supervisor) => supervisor.scope.sleep(Infinity).catch(() => Promise.reject(new Error("body"))),
      { parent: outer.signal },
    );
    outer.cancel();
    await expect(run).rejects.toThrow("body");
  });

  it("run rejects with the outer CancelledError if that came during a shutdown's grace (V4, V7)", async () => {
    const clock = new VirtualClock();
    const outer = new CancelScope({ clock });
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run(
      async (own) => {
        supervisor = own;
        own.createTask((scope) => scope.sleep(Infinity));
        await own.scope.sleep(Infinity);
      },
      { parent: outer },
    );
    const shutdown = supervisor?.shutdown({ grace: 100 });
    await clock.advance(40);
    outer.cancel();
    expect(await shutdown).toEqual({ completed: 0, failed: 0, cancelled: 1, abandoned: [], elapsed: 40 });
    await expect(run).rejects.toBe(outer.reason);
    outer.close();
    expect(clock.pending).toBe(0);
  });

  it("run rejects with the outer CancelledError also if only the body was cancelled during a shutdown (V4, V7)", async () => {
    const outer = new CancelScope();
    const run = Supervisor.run(
      async (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => "finished despite cancellation"));
        void supervisor.shutdown({ grace: Infinity });
        await supervisor.scope.sleep(Infinity);
      },
      { parent: outer.signal },
    );
    outer.cancel();
    const error: unknown = await run.catch((error: unknown) => error);
    expect(error).toBe(outer.reason);
  });

  it("run resolves undefined if the shutdown was first (V7)", async () => {
    const outer = new CancelScope();
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run((own) => (supervisor = own).scope.sleep(Infinity), { parent: outer });
    void supervisor?.shutdown();
    outer.cancel();
    expect(await run).toBeUndefined();
    outer.close();
  });
});

describe("Supervisor.run, whose scope is cancelled without a shutdown", () => {
  it("run rejects with the supervisor's own CancelledError if the body was cancelled (T4, V7)", async () => {
    let supervisor: Supervisor | undefined;
    const run = Supervisor.run((own) => (supervisor = own).scope.sleep(Infinity));
    supervisor?.scope.cancel("mine");
    await expect(run).rejects.toBe(supervisor?.scope.reason);
  });

  it("run resolves with the body's value if only tasks were cancelled (T4, V7)", async () => {
    const run = Supervisor.run((supervisor) => {
      supervisor.createTask((scope) => scope.sleep(Infinity));
      supervisor.scope.cancel();
      return "value";
    });
    expect(await run).toBe("value");
  });
});
