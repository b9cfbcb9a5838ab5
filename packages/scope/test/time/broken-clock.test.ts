import { describe, expect, it } from "vitest";
import { CancelScope, type Clock, ExceptionGroup } from "@selvage/scope";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { HandClock } from "../hand-clock.js";
import { cancellationOf } from "../cancellation-of.js";
import { uncaughtDuring } from "../uncaught.js";

type Member = "now" | "setTimer" | "clearTimer";

/** A clock whose members that `broken` contains throw. */
class BreakableClock implements Clock {
  readonly hand = new HandClock();
  readonly broken = new Set<Member>();

  now(): number {
    this.#check("now");
    return this.hand.now();
  }

  setTimer(callback: () => void, delay: number): unknown {
    this.#check("setTimer");
    return this.hand.setTimer(callback, delay);
  }

  clearTimer(timer: unknown): void {
    this.#check("clearTimer");
    this.hand.clearTimer(timer);
  }

  #check(member: Member): void {
    if (this.broken.has(member)) throw new Error(`${member} is broken`);
  }
}

describe("a clock whose now() throws", () => {
  const reads: [member: string, read: (scope: CancelScope) => unknown][] = [
    ["cancelled", (scope) => scope.cancelled],
    ["reason", (scope) => scope.reason],
    ["cancelCalled", (scope) => scope.cancelCalled],
    ["signal", (scope) => scope.signal],
    ["effectiveDeadline", (scope) => scope.effectiveDeadline],
    ["setting deadline", (scope) => (scope.deadline = 5)],
    ["throwIfCancelled", (scope) => scope.throwIfCancelled()],
    ["onCancel", (scope) => scope.onCancel(() => {})],
    ["cancel", (scope) => scope.cancel()],
    ["sleep", (scope) => void scope.sleep(1)],
    ["close", (scope) => scope.close()],
  ];

  it.each(reads)("a clock whose now() throws fails %s on a scope that uses it, and changes nothing (C1)", (_, read) => {
    const clock = new BreakableClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const seen = cancellationOf(scope);
    clock.broken.add("now");
    expect(() => read(scope)).toThrow("now is broken");
    clock.broken.clear();
    expect([scope.deadline, scope.cancelled, seen.reason, clock.hand.armed]).toEqual([10, false, undefined, 1]);
    scope.close();
    expect(clock.hand.armed).toBe(0);
  });

  it.each(reads)(
    "a clock whose now() throws does not affect %s of another tree, a parent or a sibling (C1)",
    (_, read) => {
      const clock = new BreakableClock();
      const parent = new CancelScope({ clock: new HandClock(), deadline: 1_000 });
      const sibling = new CancelScope({ parent });
      const scope = new CancelScope({ parent, clock, deadline: 10 });
      const other = new CancelScope({ clock: new HandClock(), deadline: 1_000 });
      clock.broken.add("now");
      for (const unconcerned of [other, sibling]) expect(() => read(unconcerned)).not.toThrow();
      parent.cancel();
      expect(scope.reason).toBe(parent.reason);
    },
  );

  it("a clock whose now() throws rejects a checkpoint and the end of a run, which is closed nevertheless (C1)", async () => {
    const clock = new BreakableClock();
    const parent = new CancelScope();
    const scope = new CancelScope({ parent, clock, deadline: 10 });
    const run = scope.run(async () => {
      clock.broken.add("now");
      await expect(scope.checkpoint()).rejects.toThrow("now is broken");
      return "value";
    });
    await expect(run).rejects.toThrow("now is broken");
    parent.close();
    expect(clock.hand.armed).toBe(0);
  });

  it("a run fails with the body's own error first, and then the error of now() (C1)", async () => {
    const clock = new BreakableClock();
    const failure = new DOMException("looks like a cancellation", "AbortError");
    const run = CancelScope.run(
      () => {
        clock.broken.add("now");
        throw failure;
      },
      { clock, deadline: 10 },
    );
    const error: unknown = await run.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).errors).toEqual([failure, new Error("now is broken")]);
  });

  it("a task that ends while now() throws fails, its owner is notified, and no other task is affected (C1)", async () => {
    const clock = new BreakableClock();
    const ended: string[] = [];
    const set = new TaskOwner("Pool", {}, { taskEnded: (task) => void ended.push(`${task.name}: ${task.status}`) });
    const bad = set.createTask(
      async (scope) => {
        scope.deadline = scope.clock.now() + 1e6;
        Object.assign(scope, { _clock: clock });
        using inner = new CancelScope({ parent: scope, clock, deadline: 10 });
        await inner.race(Promise.resolve());
        clock.broken.add("now");
        inner.throwIfCancelled();
      },
      { name: "bad" },
    );
    const good = set.createTask(async (scope) => scope.checkpoint(), { name: "good" });
    await expect(bad).rejects.toThrow();
    await good;
    expect(ended).toEqual(["bad: rejected", "good: fulfilled"]);
    clock.broken.clear();
    await set.finish();
  });

  it("a task fails if now() throws at its end and its own chain has a deadline (C1)", async () => {
    const clock = new BreakableClock();
    for (const fails of [false, true]) {
      const parent = new CancelScope({ clock, deadline: 10 });
      const set = new TaskOwner("Pool", { parent }, { taskEnded() {} });
      const task = set.createTask(async () => {
        await Promise.resolve();
        clock.broken.add("now");
        if (fails) throw new Error("its own");
      });
      const error: unknown = await task.then(undefined, (error: unknown) => error);
      expect(error).toEqual(
        fails
          ? new ExceptionGroup("a task failed", [new Error("its own"), new Error("now is broken")])
          : new Error("now is broken"),
      );
      expect([task.status, set.size]).toEqual(["rejected", 0]);
      clock.broken.clear();
      await set.finish();
      parent.close();
    }
  });

  it("a sleep that ends while now() throws rejects, and does not hang (C1)", async () => {
    const clock = new BreakableClock();
    const scope = new CancelScope({ clock, deadline: 100 });
    const sleeping = scope.sleep(10);
    clock.broken.add("now");
    clock.hand.fire([...clock.hand.timers][1]);
    await expect(sleeping).rejects.toThrow("now is broken");
    clock.broken.clear();
    scope.close();
  });
});

describe("a clock whose setTimer throws", () => {
  it("a clock whose setTimer throws fails the call on the scope that uses it, and changes nothing (C1)", () => {
    const clock = new BreakableClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const without = new CancelScope({ clock });
    clock.broken.add("setTimer");
    expect(() => (scope.deadline = 5)).toThrow("setTimer is broken");
    expect(() => (without.deadline = 5)).toThrow("setTimer is broken");
    expect(() => void scope.sleep(1)).toThrow("setTimer is broken");
    expect([scope.deadline, without.deadline, clock.hand.armed, clock.hand.due]).toEqual([10, Infinity, 1, 10]);
    scope.deadline = 20; // Touches no timer.
    clock.broken.clear();
    clock.hand.time = 10;
    clock.hand.fireDue();
    expect([scope.cancelled, clock.hand.due]).toEqual([false, 20]);
  });

  it("a deadline whose timer cannot be set again passes at once, and no outer deadline does (S10, C1)", () => {
    const clock = new BreakableClock();
    const outer = new CancelScope({ clock, deadline: 15 });
    const scope = new CancelScope({ parent: outer, deadline: 10 });
    const seen = cancellationOf(scope);
    scope.deadline = 20;
    clock.broken.add("setTimer");
    clock.hand.time = 10;
    expect(() => clock.hand.fire([...clock.hand.timers][1])).toThrow("setTimer is broken");
    expect([seen.reason?.scope, outer.cancelled]).toEqual([scope, false]);
  });

  it("a sleep whose timer cannot be set again rejects (S12, C1)", async () => {
    const clock = new BreakableClock();
    const sleeping = new CancelScope({ clock }).sleep(2 ** 31 + 10);
    clock.hand.time = clock.hand.due!;
    clock.broken.add("setTimer");
    clock.hand.fireDue();
    await expect(sleeping).rejects.toThrow("setTimer is broken");
  });
});

describe("a clock whose clearTimer throws", () => {
  it("a clock whose clearTimer throws fails close and a move of the deadline on its scope, and changes nothing (C1)", () => {
    const clock = new BreakableClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    clock.broken.add("clearTimer");
    for (const move of [5, Infinity]) expect(() => (scope.deadline = move)).toThrow("clearTimer is broken");
    expect(() => scope.close()).toThrow("clearTimer is broken");
    expect(scope.deadline).toBe(10);
    clock.broken.clear();
    const seen = cancellationOf(scope);
    clock.hand.time = 10;
    clock.hand.fireDue();
    expect(seen.reason?.deadline).toBe(10);
  });

  it("a clock whose clearTimer throws fails cancel on its scope, after everything is cancelled (S2, C1)", async () => {
    const clock = new BreakableClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const below = new CancelScope({ parent: scope });
    const seen = [scope, below].map(cancellationOf);
    const sleeping = below.sleep(5);
    clock.broken.add("clearTimer");
    expect(() => scope.cancel("enough")).toThrow("clearTimer is broken");
    expect(seen.map(({ reason }) => reason?.cause)).toEqual(["enough", "enough"]);
    await expect(sleeping).rejects.toThrow("clearTimer is broken");
  });

  it("a clock whose clearTimer throws does not fail cancel on a scope above with another clock: the error is reported (C1)", async () => {
    const clock = new BreakableClock();
    const parent = new CancelScope();
    const children = [1, 2, 3].map(() => new CancelScope({ parent }));
    const scope = new CancelScope({ parent: children[1]!, clock, deadline: 10 });
    const seen = [...children, scope].map(cancellationOf);
    clock.broken.add("clearTimer");
    const uncaught = await uncaughtDuring(() => {
      parent.cancel();
    });
    expect(uncaught).toEqual([new Error("clearTimer is broken")]);
    expect(seen.map(({ reason }) => reason)).toEqual(Array(4).fill(parent.reason));
  });

  it("a clock whose clearTimer throws fails the run of its scope, which is closed nevertheless (C1)", async () => {
    const clock = new BreakableClock();
    const parent = new CancelScope();
    const run = CancelScope.run(
      () => {
        clock.broken.add("clearTimer");
      },
      { parent, clock, deadline: 10 },
    );
    await expect(run).rejects.toThrow("clearTimer is broken");
    parent.close();
  });

  it("a scope whose clearTimer throws as it closes rejects its pending sleeps with that error (C1)", async () => {
    const clock = new BreakableClock();
    const scope = new CancelScope({ clock });
    const sleeping = scope.sleep(10);
    clock.broken.add("clearTimer");
    scope.close();
    await expect(sleeping).rejects.toThrow("clearTimer is broken");
  });
});

describe("scopes left open in a run on a clock that throws", () => {
  it("scopes left open in a run on a clock that throws are cancelled and detached, and the run has every error (S16, C1)", async () => {
    const clock = new BreakableClock();
    const parent = new CancelScope();
    const left: CancelScope[] = [];
    const run = CancelScope.run(
      (scope) => {
        left.push(new CancelScope({ parent: scope, clock, deadline: 10 }), new CancelScope({ parent: scope }));
        clock.broken.add("now");
      },
      { parent },
    );
    const error = (await run.catch((error: unknown) => error)) as ExceptionGroup;
    clock.broken.clear();
    expect(error.errors.map(String)).toEqual([
      expect.stringContaining("2 scopes are still open"),
      "Error: now is broken",
    ]);
    expect(left.map((scope) => scope.cancelCalled)).toEqual([true, true]);
    parent.close();
  });
});

describe("5,000 clocks with a deadline each", () => {
  it("a check of one scope reads only its own clock, once, beside 5,000 clocks with a deadline each (S9, C1)", () => {
    const clocks = Array.from({ length: 5_000 }, () => new HandClock());
    const scopes = clocks.map((clock) => new CancelScope({ clock, deadline: 10 }));
    const before = clocks.map(({ calls }) => calls.now);
    expect(scopes[2_500]!.cancelled).toBe(false);
    expect(clocks.map(({ calls }, index) => calls.now - before[index]!).filter((reads) => reads > 0)).toEqual([1]);
  });
});

describe("a clock whose members call the scope", () => {
  it.each(["now", "setTimer", "clearTimer"] as const)(
    "a clock may cancel, close, or move the deadline of its scope in %s (C1)",
    (member) => {
      for (const act of ["cancel", "close", "earlier", "later", "never", "past"] as const) {
        const hand = new HandClock();
        let reenter = (): void => {};
        const clock: Clock = {
          now: () => (member === "now" && reenter(), hand.now()),
          setTimer: (callback, delay) => {
            if (member === "setTimer") reenter();
            return hand.setTimer(callback, delay);
          },
          clearTimer: (timer) => {
            if (member === "clearTimer") reenter();
            hand.clearTimer(timer);
          },
        };
        const scope = new CancelScope({ clock, deadline: 100 });
        const seen = cancellationOf(scope);
        reenter = () => {
          reenter = () => {};
          if (act === "cancel") scope.cancel();
          else if (act === "close") scope.close();
          else scope.deadline = { earlier: 20, later: 200, never: Infinity, past: -1 }[act];
        };
        try {
          scope.deadline = 50;
        } catch (error) {
          expect((error as Error).name).toBe("ClosedError");
        }
        const ended = act === "cancel" || act === "close" || act === "past";
        expect(hand.armed).toBe(ended || scope.deadline === Infinity ? 0 : 1);
        expect(seen.reason !== undefined).toBe(act === "cancel" || act === "past");
        if (ended || scope.deadline === Infinity) continue;
        const { deadline } = scope;
        while (seen.reason === undefined) {
          hand.time = hand.due!;
          hand.fireDue();
        }
        expect([seen.reason.deadline, hand.time, hand.armed]).toEqual([deadline, deadline, 0]);
      }
    },
  );

  it.each(["cancel", "close"] as const)("a clock may %s the scope in which a sleep begins (S12, C1)", async (act) => {
    for (const member of ["now", "setTimer"] as const) {
      const hand = new HandClock();
      const clock: Clock = {
        now: () => (member === "now" && scope[act](), hand.now()),
        setTimer: (callback, delay) => {
          if (member === "setTimer") scope[act]();
          return hand.setTimer(callback, delay);
        },
        clearTimer: (timer) => {
          hand.clearTimer(timer);
        },
      };
      const scope = new CancelScope({ clock });
      await expect(scope.sleep(10)).rejects.toThrow(act === "cancel" ? "was cancelled" : "is closed");
      expect(hand.armed).toBe(0);
    }
  });
});
