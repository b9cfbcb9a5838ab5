import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, Supervisor } from "../src/index.js";
import { watch, type Watch } from "./watch.js";

/**
 * Runs a supervisor with a drain of 20 ms under a parent that is cancelled at 10 ms, with a task that ends at 35 ms.
 */
async function drained<T>(
  { clock, until }: Watch,
  body: (supervisor: Supervisor, parent: CancelScope) => T | PromiseLike<T>,
): Promise<{ value: T | undefined; at: number; parent: CancelScope }> {
  const parent = new CancelScope({ clock, deadline: 10, name: "parent" });
  const run = Supervisor.run(
    (supervisor) => {
      supervisor.createTask(until("task", 5));
      return body(supervisor, parent);
    },
    { parent, drain: { grace: 20 } },
  );
  const value = await run;
  return { value, at: clock.now(), parent };
}

describe("Supervisor.run with drain, whose parent is cancelled", () => {
  it("run resolves with the value of a body that has returned, once the tasks have ended (V11, V7)", async () => {
    const watched = watch();
    expect(await drained(watched, () => "value")).toMatchObject({ value: "value", at: 35 });
    expect(watched.log).toEqual(["30: task cancelled"]);
  });

  it("run resolves with the value of a body that continues through the drain (V11, V7)", async () => {
    const watched = watch();
    const { value, at } = await drained(watched, () => watched.sleep(50).then(() => "value"));
    expect([value, at]).toEqual(["value", 50]);
  });

  it("run resolves undefined if the body waits in the supervisor's scope, which is cancelled with the last stage (V11, V7)", async () => {
    const watched = watch();
    const { value, at } = await drained(watched, async ({ scope }) => {
      scope.onCancel(() => watched.note("body cancelled"));
      await scope.sleep(Infinity);
      return "never";
    });
    expect([value, at]).toEqual([undefined, 35]);
    expect(watched.log).toEqual(["30: task cancelled", "30: body cancelled"]);
  });

  it("run resolves undefined if the body waits in the parent's scope, which is cancelled at once (V11)", async () => {
    const watched = watch();
    const { value, at } = await drained(watched, async (_, parent) => {
      await parent.sleep(Infinity).finally(() => watched.note("body ended"));
      return "never";
    });
    expect([value, at]).toEqual([undefined, 35]);
    expect(watched.log).toEqual(["10: body ended", "30: task cancelled"]);
  });

  it.each<[string, (error: unknown, parent: CancelScope) => unknown]>([
    ["an abort error of the platform", () => new DOMException("aborted", "AbortError")],
    ["an error whose cause it is", (error) => new Error("wrapped", { cause: error })],
    ["a group of nothing else", (error) => new AggregateError([error, error])],
    ["the reason of the parent's signal", (_, parent) => parent.signal.reason as unknown],
  ])("run resolves undefined if the body ends with %s (V11, S15)", async (_, convert) => {
    const watched = watch();
    const { value, at } = await drained(watched, async (_own, parent) => {
      await parent.sleep(Infinity).catch((error: unknown) => Promise.reject(convert(error, parent)));
      return "never";
    });
    expect([value, at]).toEqual([undefined, 35]);
  });

  it("run rejects with the error of a body that fails, and cancels the tasks at once (V11, V7)", async () => {
    const watched = watch();
    const failure = new Error("cannot stop");
    const run = drained(watched, (_, parent) => parent.sleep(Infinity).catch(() => Promise.reject(failure)));
    await expect(run).rejects.toBe(failure);
    expect(watched.log).toEqual(["10: task cancelled"]);
    expect(watched.clock.now()).toBe(15);
  });

  it("run under a parent that is already cancelled calls the body, cancels it in its first wait, and resolves undefined (V11)", async () => {
    for (const parent of [AbortSignal.abort("early"), new CancelScope({ deadline: -1 })]) {
      let called = false;
      const run = Supervisor.run(
        async (supervisor) => {
          called = true;
          expect(supervisor.stopping).toBe(true);
          await supervisor.scope.sleep(Infinity);
          return "never";
        },
        { parent, drain: { grace: 1_000 } },
      );
      expect([await run, called]).toEqual([undefined, true]);
    }
    expect(await Supervisor.run(() => "value", { parent: AbortSignal.abort(), drain: {} })).toBe("value");
  });

  it("a body whose parent was cancelled before may open scopes, which are cancelled from the start (V11, S3)", async () => {
    const seen: boolean[] = [];
    const run = Supervisor.run(
      async ({ scope }) => {
        await CancelScope.run((own) => void seen.push(own.cancelled), { parent: scope });
        return "value";
      },
      { parent: AbortSignal.abort("early"), drain: {} },
    );
    expect([await run, seen]).toEqual(["value", [true]]);
  });

  it("a body that joins, shuts down and then ends with the parent's cancellation makes run resolve undefined (V11, V7)", async () => {
    const parent = new CancelScope();
    const run = Supervisor.run(
      async (supervisor) => {
        await supervisor.join();
        await supervisor.shutdown();
        parent.cancel();
        parent.throwIfCancelled();
      },
      { parent, drain: {} },
    );
    expect(await run).toBeUndefined();
  });

  it("the parent stays cancelled: its next checkpoint sees this, and only the parent absorbs it (V11, S14)", async () => {
    const { clock, log, note, until } = watch();
    const main = new CancelScope({ clock, deadline: 10 });
    const outcome = await main.run(async (parent) => {
      await Supervisor.run((supervisor) => void supervisor.createTask(until("task")), { parent, drain: { grace: 20 } });
      note(`drained, parent cancelled: ${parent.cancelled}`);
      await parent.checkpoint();
      note("never");
    });
    expect([outcome, main.cancelledCaught]).toEqual([undefined, true]);
    expect(log).toEqual(["30: task cancelled", "30: drained, parent cancelled: true"]);
  });

  it("code after run can return a value although the parent was cancelled (V11, S14)", async () => {
    const { clock } = watch();
    const main = CancelScope.run(
      async (parent) => {
        await Supervisor.run((supervisor) => supervisor.scope.sleep(Infinity), { parent, drain: {} });
        return "left in order";
      },
      { clock, deadline: 10 },
    );
    expect(await main).toBe("left in order");
  });

  it("run rejects with a fatal error of a task, which ends the grace, and calls onError (V8, V11)", async () => {
    const { clock, log, note, until } = watch();
    const fatal = new Error("disk full");
    const run = Supervisor.run(
      (supervisor) => {
        supervisor.createTask(until("task", 5));
        supervisor.createTask(until("pool", 5), { stage: 1, grace: 1_000 });
        supervisor.createTask((scope) => scope.sleep(17).then(() => Promise.reject(fatal)));
      },
      {
        parent: new CancelScope({ clock, deadline: 10 }),
        drain: { grace: 20 },
        isFatal: () => true,
        onError: () => note("onError"),
      },
    );
    await expect(run).rejects.toBe(fatal);
    expect(log).toEqual(["17: onError", "17: task cancelled", "22: pool cancelled"]);
  });

  it("run rejects with a fatal error of a task that fails when the drain cancels it (V8, V11)", async () => {
    const { clock } = watch();
    const fatal = new Error("cannot flush");
    const supervisor = new Supervisor({
      parent: new CancelScope({ clock, deadline: 10 }),
      drain: {},
      isFatal: () => true,
      onError: () => {},
    });
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(fatal)));
    await expect(supervisor.join()).rejects.toBe(fatal);
  });

  it("a task can wait for the drain with requestedBy, and can begin it earlier (V6, V11)", async () => {
    const { clock, log, note, sleep, until } = watch();
    const parent = new CancelScope({ clock });
    const supervisor = new Supervisor({ parent, drain: { grace: 50 } });
    supervisor.createTask(until("task", 5));
    supervisor.createTask(
      async (scope) => {
        await sleep(20);
        const report = await supervisor.shutdown({ grace: 10, requestedBy: scope });
        note(`answered: ${report.cancelled} cancelled after ${report.elapsed} ms`);
      },
      { grace: Infinity },
    );
    await sleep(10);
    parent.cancel();
    await supervisor.join();
    expect(log).toEqual(["30: task cancelled", "35: answered: 1 cancelled after 25 ms"]);
  });

  it.each(["createTask", "start"] as const)(
    "a body whose %s is refused counts as cancelled, because it was still starting (V11, V7)",
    async (method) => {
      const parent = new CancelScope();
      const run = Supervisor.run(
        async (supervisor) => {
          parent.cancel(); // for example, while it connects
          await supervisor[method](() => expect.unreachable());
        },
        { parent, drain: { grace: 10 } },
      );
      expect(await run).toBeUndefined();
    },
  );

  it("a task that was refused before the shutdown is a failure of the body that it ends (V11, V7)", async () => {
    const run = Supervisor.run(
      async (supervisor) => {
        await supervisor.join();
        try {
          supervisor.createTask(() => expect.unreachable());
        } finally {
          await supervisor.shutdown();
        }
      },
      { parent: new CancelScope(), drain: {} },
    );
    await expect(run).rejects.toThrow(new ClosedError("This Supervisor has finished: make a new one."));
  });

  it("run without drain rejects with the refusal if the body itself has shut the supervisor down (V7)", async () => {
    const run = Supervisor.run((supervisor) => {
      void supervisor.shutdown();
      supervisor.createTask(() => expect.unreachable());
    });
    await expect(run).rejects.toBeInstanceOf(ClosedError);
  });
});
