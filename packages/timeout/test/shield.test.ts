import { CancelledError, CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { shield, timeout, TimeoutError } from "../src/index.js";
import { runProgram } from "@selvage/test-support/run-program";

function makeParent(clock: VirtualClock = new VirtualClock({ autojump: true })): CancelScope {
  return new CancelScope({ clock });
}

describe("shield", () => {
  it("shield resolves with the body's value, and closes its scope (O8)", async () => {
    const parent = makeParent();
    expect(await shield(50, ({ scope }) => scope.sleep(10).then(() => "done"), { parent })).toBe("done");
    expect(await shield(null, () => "at once", { parent })).toBe("at once");
    parent.close();
  });

  it("shield resolves with undefined if its time ran out, once the body has ended (O8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = makeParent(clock);
    const log: string[] = [];
    const value = await shield(
      50,
      async ({ scope }) => {
        try {
          await scope.sleep(1_000);
          return "late";
        } finally {
          log.push(`unwinds at ${clock.now()}`);
        }
      },
      { parent },
    );
    expect([value, log, parent.cancelled]).toEqual([undefined, ["unwinds at 50"], false]);
    parent.close();
  });

  it("the cancellation of its parent does not reach a shield, and the parent stays cancelled outside (O8, S11)", async () => {
    const parent = makeParent();
    const run = parent.run(async (scope) => {
      await expect(scope.sleep(1_000)).rejects.toBeInstanceOf(CancelledError);
      const cleaned = await shield(
        50,
        async ({ scope: cleanup, signal }) => {
          await cleanup.sleep(20);
          return [cleanup.cancelled, signal.aborted];
        },
        { parent: scope },
      );
      expect(cleaned).toEqual([false, false]);
      await expect(scope.checkpoint()).rejects.toBe(scope.reason);
      scope.throwIfCancelled();
    });
    parent.cancel("the client left");
    expect(await run).toBeUndefined();
    expect(parent.cancelledCaught).toBe(true);
  });

  it("a shield runs in a parent that was already cancelled, and while it is cancelled (O8)", async () => {
    for (const early of [true, false]) {
      const parent = makeParent();
      if (early) parent.cancel();
      const value = await shield(
        50,
        async ({ scope }) => {
          if (!early) parent.cancel();
          await scope.sleep(10);
          return scope.cancelled;
        },
        { parent },
      );
      expect([value, parent.cancelled]).toEqual([false, true]);
      parent.close();
    }
  });

  it("an outer deadline does not reach a shield (O8, S11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = timeout(
      10,
      async ({ scope }) => {
        const value = await shield(50, (own) => own.scope.sleep(20).then(() => own.when()), { parent: scope });
        expect([value, clock.now()]).toEqual([50, 20]);
        scope.throwIfCancelled();
      },
      { clock },
    );
    await expect(run).rejects.toBeInstanceOf(TimeoutError);
  });

  it("an abort of a signal does not reach a shield, which leaves no listener behind (O8, S8)", async () => {
    const controller = new AbortController();
    const clock = new VirtualClock({ autojump: true });
    const value = await shield(
      50,
      async ({ scope }) => {
        controller.abort();
        await scope.sleep(10);
        return "done";
      },
      { parent: controller.signal, clock },
    );
    expect(value).toBe("done");
  });

  it("a shield passes on an explicit cancel of its scope, and the body's own error (O4, O8)", async () => {
    const parent = makeParent();
    const cancelled = shield(
      50,
      ({ scope }) => {
        scope.cancel("enough");
        return scope.sleep(10);
      },
      { parent },
    );
    await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
    await expect(cancelled).rejects.toMatchObject({ cause: "enough" });
    const failure = new Error("the rollback failed");
    await expect(shield(50, () => Promise.reject(failure), { parent })).rejects.toBe(failure);
    parent.close();
  });

  it("an inner shield keeps its own time, although the shield around it expires (O8, S11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = makeParent(clock);
    const value: unknown = await shield(
      10,
      async (outer): Promise<unknown> => {
        const inner = await shield(30, ({ scope }) => scope.sleep(20).then(() => "inner"), { parent: outer.scope });
        return [inner, clock.now(), outer.expired];
      },
      { parent },
    );
    expect(value).toEqual(["inner", 20, true]);
    parent.close();
  });

  it("a shield can be given more time, by refresh or reschedule (O6, O8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const value = await shield(
      10,
      async ({ scope, refresh, reschedule }) => {
        await scope.sleep(8);
        refresh();
        await scope.sleep(8);
        reschedule(null);
        await scope.sleep(100);
        return clock.now();
      },
      { parent: makeParent(clock) },
    );
    expect(value).toBe(116);
  });

  it("a shield without time runs its body with the scope cancelled (O5, O8)", async () => {
    const parent = makeParent();
    for (const ms of [0, -1]) {
      expect(await shield(ms, ({ scope }) => scope.cancelled, { parent })).toBe(true);
      expect(await shield(ms, ({ scope }) => scope.sleep(1).then(() => "slept"), { parent })).toBeUndefined();
    }
    parent.close();
  });

  it.each<[ms: unknown, body: unknown, options: unknown, message: string]>([
    [Number.NaN, () => 1, {}, "A timeout must be a number of milliseconds, got NaN."],
    ["50", () => 1, {}, 'A timeout must be a number of milliseconds, got "50".'],
    [50, undefined, {}, "The body of a timeout must be a function, got undefined."],
    [50, () => 1, null, "The options must be an object, got null."],
    [50, () => 1, { parent: 1 }, 'The option "parent" must be a CancelScope or an AbortSignal, got 1.'],
  ])("shield refuses %o, %o, %o synchronously (O5, O8)", (ms, body, options, message) => {
    expect(() => void shield(ms as never, body as never, options as never)).toThrow(new TypeError(message));
  });

  it("shield refuses a closed parent synchronously (O8, S16)", () => {
    const parent = new CancelScope();
    parent.close();
    let isCalled = false;
    expect(() => void shield(50, () => (isCalled = true), { parent })).toThrow("The parent scope is closed");
    expect(isCalled).toBe(false);
  });

  it("a shield keeps the process alive until its time is up (O6, O8)", { timeout: 150_000 }, async () => {
    const end = await runProgram(new URL("programs/shielded.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "ended undefined\n", stderr: "" });
  });
});
