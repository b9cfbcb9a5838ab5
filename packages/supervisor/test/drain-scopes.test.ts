import { getEventListeners } from "node:events";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, Supervisor } from "../src/index.js";
import { deaf, watch } from "./watch.js";

describe("a task of a supervisor with drain", () => {
  it("a task ignores outer deadlines and cancellations until the drain begins; then it sees its own deadline (V11, S9)", async () => {
    const { clock, sleep } = watch();
    const parent = new CancelScope({ clock, deadline: 30 });
    const supervisor = new Supervisor({ parent, drain: { grace: 20, timeout: 70 } });
    const usual = supervisor.createTask((scope) => scope.sleep(Infinity));
    const own = supervisor.createTask((scope) => scope.sleep(Infinity), { grace: 40 });
    const limited = supervisor.createTask((scope) => scope.sleep(Infinity));
    limited.scope.deadline = 1_000;
    const later = supervisor.createTask(deaf, { stage: 1 });
    const deadlines = (): number[] => [usual, own, limited, later].map(({ scope }) => scope.effectiveDeadline);
    expect(deadlines()).toEqual([Infinity, Infinity, 1_000, Infinity]);
    await sleep(30);
    expect(deadlines()).toEqual([50, 70, 50, 100]);
    await supervisor.join();
    expect(clock.now()).toBe(100);
  });

  it("a task notices the end of the drain's grace although the event loop does not turn (V11, S9)", async () => {
    let now = 0;
    const parent = new CancelScope({ clock: { now: () => now, setTimer: () => 0, clearTimer: () => {} } });
    const supervisor = new Supervisor({ parent, drain: { grace: 30 } });
    const seen: boolean[] = [];
    supervisor.createTask(async (scope) => {
      await Promise.resolve();
      for (const time of [29, 30]) {
        now = time;
        seen.push(scope.cancelled);
      }
    });
    parent.cancel();
    await supervisor.join();
    expect(seen).toEqual([false, true]);
  });

  it("supervisor.scope.cancel() cancels a task at once, with or without a drain (V11)", async () => {
    const { clock } = watch();
    for (const drains of [false, true]) {
      const parent = new CancelScope({ clock });
      const supervisor = new Supervisor({ parent, drain: { grace: 1_000 } });
      const task = supervisor.createTask((scope) => scope.sleep(Infinity));
      if (drains) parent.cancel("outer");
      supervisor.scope.cancel("by hand");
      expect(task.scope.reason?.cause).toBe("by hand");
      await supervisor.join();
    }
  });
});

describe("the parent of a supervisor with drain", () => {
  const ends: [string, (supervisor: Supervisor) => Promise<unknown>][] = [
    ["a shutdown", (supervisor) => supervisor.shutdown()],
    ["join", (supervisor) => supervisor.join()],
    ["disposal", (supervisor) => Promise.resolve(supervisor[Symbol.asyncDispose]())],
    ["a shutdown with a timeout", (supervisor) => supervisor.shutdown({ timeout: 0 })],
    ["a cancel of its scope, and join", (supervisor) => (supervisor.scope.cancel(), supervisor.join())],
  ];

  it.each(ends)("the parent has no listener left after %s (V11)", async (_, end) => {
    const parent = new CancelScope();
    const controller = new AbortController();
    const listeners = (): number => waits(parent) + getEventListeners(controller.signal, "abort").length;
    for (const drain of [{}, { grace: 10, timeout: 20 }]) {
      for (const under of [parent, controller.signal]) {
        const supervisor = new Supervisor({ parent: under, drain });
        expect(listeners()).toBe(1);
        supervisor.createTask(() => {});
        await end(supervisor);
        expect(listeners()).toBe(0);
      }
    }
    parent.close();
  });

  it("the parent has no listener left after Supervisor.run, whatever the outcome (V11)", async () => {
    const parent = new CancelScope();
    const bodies: ((supervisor: Supervisor) => unknown)[] = [
      () => "value",
      (supervisor) => void supervisor.createTask(() => {}),
      () => Promise.reject(new Error("body")),
      (supervisor) => supervisor.shutdown(),
      (supervisor) => (void supervisor.shutdown(), supervisor.scope.sleep(Infinity)),
      (supervisor) => {
        new CancelScope({ parent: supervisor.scope, name: "left open" });
      },
    ];
    for (const body of bodies) {
      await Promise.allSettled([Supervisor.run(body, { parent, drain: { grace: 10 } })]);
      expect(waits(parent)).toBe(0);
    }
    parent.close();
  });

  it("a parent may be closed while its supervisor has no tasks; the supervisor is closed with it (S16)", () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent, drain: {} });
    parent.close();
    expect(waits(parent)).toBe(0);
    expect(() => supervisor.createTask(() => {})).toThrow(ClosedError);
  });

  it("a parent that ends while tasks drain cancels them and fails: the supervisor must be joined (S16)", async () => {
    const { clock } = watch();
    let supervisor: Supervisor | undefined;
    const run = CancelScope.run(
      async (parent) => {
        supervisor = new Supervisor({ parent, name: "server", drain: { grace: 1_000 } });
        supervisor.createTask((scope) => scope.sleep(Infinity));
        await parent.sleep(Infinity);
      },
      { clock, deadline: 10 },
    );
    await expect(run).rejects.toBeInstanceOf(InvalidStateError);
    await settled();
    expect([supervisor!.size, clock.now(), clock.pending]).toEqual([0, 10, 0]);
  });

  it("the parent has one listener for each supervisor, and cancels a thousand of them (V11)", async () => {
    const parent = new CancelScope();
    const supervisors = Array.from({ length: 1_000 }, () => new Supervisor({ parent, drain: { grace: 5 } }));
    expect(waits(parent)).toBe(1_000);
    parent.cancel();
    expect(supervisors.every(({ stopping }) => stopping)).toBe(true);
    await Promise.all(supervisors.map((supervisor) => supervisor.join()));
    parent.close();
  });
});

/** The number of listeners for the scope's cancellation: the length of its list, which is internal. */
function waits(scope: CancelScope): number {
  let count = 0;
  for (let waiter = (scope as unknown as Waiters)._waiters; waiter !== undefined; waiter = waiter.next) count++;
  return count;
}

interface Waiters {
  readonly _waiters: { readonly next: Waiters["_waiters"] } | undefined;
}
