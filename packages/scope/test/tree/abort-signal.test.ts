import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ClosedError, CancelledError, CancelScope, isCancellation, now } from "@selvage/scope";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Counts the AbortControllers made from now on. */
function countControllers(): () => number {
  let made = 0;
  class Counted extends AbortController {
    constructor() {
      super();
      made++;
    }
  }
  vi.stubGlobal("AbortController", Counted);
  return () => made;
}

describe("CancelScope.signal", () => {
  it("is not made until it is read, and the same ever after (S5)", () => {
    const made = countControllers();
    const scope = new CancelScope();
    expect(made()).toBe(0);
    const { signal } = scope;
    expect(made()).toBe(1);
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(scope.signal).toBe(signal);
    scope.cancel();
    expect(scope.signal).toBe(signal);
    scope.close();
    expect(scope.signal).toBe(signal);
  });

  it("is not made by a cancellation that nobody reads it in (S5)", () => {
    const made = countControllers();
    const scope = new CancelScope();
    scope.onCancel(() => {});
    new CancelScope({ parent: scope }).cancel();
    scope.cancel();
    expect(made()).toBe(0);
  });

  it("aborts with the scope, and its reason is the scope's CancelledError (S5)", () => {
    const parent = new CancelScope();
    const scope = new CancelScope({ parent });
    const { signal } = scope;
    expect(signal.aborted).toBe(false);
    parent.cancel("why");
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(scope.reason);
    expect(signal.reason).toBe(parent.signal.reason);
    expect(() => signal.throwIfAborted()).toThrow(scope.reason);
  });

  it("is aborted already where the scope is cancelled, and where it was born so (S5)", () => {
    const scope = new CancelScope();
    scope.cancel();
    const born = new CancelScope({ parent: scope });
    for (const { signal } of [scope, born]) {
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toBe(scope.reason);
    }
  });

  it("is aborted already where the scope's deadline has passed unseen (S5, S9)", () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const scope = new CancelScope({ clock, deadline: 5 });
    expect(scope.signal.aborted).toBe(false);
    time = 5;
    expect(scope.signal.aborted).toBe(true);
  });

  it("lets listeners that were there before it is read leave, the oldest as well (S3, S4)", () => {
    const scope = new CancelScope();
    const calls: string[] = [];
    const [oldest] = ["oldest", "second", "third"].map((name) => scope.onCancel(() => calls.push(name)));
    scope.signal.addEventListener("abort", () => calls.push("signal"));
    oldest![Symbol.dispose]();
    scope.onCancel(() => calls.push("latest"));
    scope.cancel();
    expect(calls).toEqual(["signal", "second", "third", "latest"]);
  });

  it("never aborts once the scope is closed, read before or after (S16)", () => {
    const [before, after] = [new CancelScope(), new CancelScope()];
    const { signal } = before;
    for (const scope of [before, after]) {
      scope.close();
      scope.cancel();
    }
    expect([signal.aborted, before.signal.aborted, after.signal.aborted]).toEqual([false, false, false]);
  });

  it("is what platform functions take, and what they reject with is recognised (S7, S15)", async () => {
    const { setTimeout: delay } = await import("node:timers/promises");
    const outcomes = await CancelScope.run(async (scope) => {
      const waits = [
        delay(60_000, undefined, { signal: scope.signal }),
        fetch("data:,text", { signal: scope.signal }),
      ].map((wait) => wait.catch((error: unknown) => isCancellation(error, scope)));
      scope.cancel();
      return Promise.all(waits);
    });
    expect(outcomes).toEqual([true, true]);
  });
});

describe("a parent that is an AbortSignal", () => {
  it("cancels the scope when it aborts, and all below (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    const child = new CancelScope({ parent: scope });
    expect(scope.cancelled).toBe(false);
    controller.abort("why");
    expect(scope.cancelled).toBe(true);
    expect(child.reason).toBe(scope.reason);
    expect(scope.cancelCalled).toBe(false);
  });

  it("is an outer owner: its reason is the cause, and a hidden scope the owner (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    controller.abort("why");
    expect(scope.reason).toBeInstanceOf(CancelledError);
    expect(scope.reason?.cause).toBe("why");
    expect(scope.reason?.scope).not.toBe(scope);
    expect(scope.reason?.scope).toBeInstanceOf(CancelScope);
    expect(scope.reason?.scope.cancelCalled).toBe(true);
  });

  it("has its abort absorbed by nothing below, whatever the body rejects with (S8, S14)", async () => {
    for (const thrown of [undefined, new DOMException("cut", "AbortError")]) {
      const controller = new AbortController();
      const scope = new CancelScope({ parent: controller.signal });
      const running = scope.run(async (own) =>
        CancelScope.run(
          async (inner) => {
            controller.abort();
            if (thrown !== undefined) throw thrown;
            inner.throwIfCancelled();
          },
          { parent: own },
        ),
      );
      await expect(running).rejects.toBe(scope.reason);
      expect(scope.cancelledCaught).toBe(false);
    }
  });

  it("may have aborted already (S8)", () => {
    const scope = new CancelScope({ parent: AbortSignal.abort("before") });
    expect(scope.cancelled).toBe(true);
    expect(scope.reason?.cause).toBe("before");
    expect(new CancelScope({ parent: scope }).cancelled).toBe(true);
  });

  it("is hidden by a shield, as a scope is (S8, S11)", () => {
    const controller = new AbortController();
    const scopes = [
      new CancelScope({ parent: controller.signal, shield: true }),
      new CancelScope({ parent: AbortSignal.abort(), shield: true }),
    ];
    controller.abort();
    expect(scopes.map((scope) => scope.cancelled)).toEqual([false, false]);
  });

  it("has one listener added, and it removed on close (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    new CancelScope({ parent: scope }).close();
    scope.onCancel(() => {});
    expect(scope.signal.aborted).toBe(false);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    scope.close();
    scope.close();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("has one listener for all the scopes that it is the parent of, removed when the last has closed (S8)", () => {
    const { signal } = new AbortController();
    const scopes = Array.from({ length: 20 }, () => new CancelScope({ parent: signal }));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    const last = scopes.splice(7, 1)[0]!;
    for (const scope of scopes) scope.close();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    last.close();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    const again = new CancelScope({ parent: signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    again.close();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("cancels them all at once, in order of creation, with one CancelledError (S2, S7, S8)", () => {
    const controller = new AbortController();
    const log: number[] = [];
    const scopes = [0, 1, 2].map((index) => {
      const scope = new CancelScope({ parent: controller.signal });
      scope.onCancel(() => log.push(index, ...scopes.map((other) => Number(other.cancelled))));
      return scope;
    });
    scopes[1]!.close();
    controller.abort();
    expect(log).toEqual([0, 1, 0, 1, 2, 1, 0, 1]);
    expect(scopes[2]!.reason).toBe(scopes[0]!.reason);
    expect(new CancelScope({ parent: controller.signal }).reason).toBe(scopes[0]!.reason);
  });

  it("cancels a scope below whose deadline has passed unnoticed with its own reason (S1, S9)", () => {
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    let time = 0;
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal, clock, deadline: 10 });
    time = 10;
    controller.abort("outer");
    expect(scope.reason?.scope).not.toBe(scope);
    expect(scope.reason?.cause).toBe("outer");
    expect(scope.cancelCalled).toBe(true);
  });

  it("has it removed when it aborts, and none added where it has aborted (S8)", () => {
    const controller = new AbortController();
    const [before] = [new CancelScope({ parent: controller.signal })];
    controller.abort();
    const after = new CancelScope({ parent: controller.signal });
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    before.close();
    after.close();
  });

  it("has it removed when a run ends, whichever way (S8)", async () => {
    const { signal } = new AbortController();
    const options = { parent: signal };
    await CancelScope.run(() => 1, options);
    await CancelScope.run(async (scope) => (scope.cancel(), scope.checkpoint()), options);
    await CancelScope.run(() => Promise.reject(new Error("no")), options).catch(() => {});
    await CancelScope.run((scope) => new CancelScope({ parent: scope }), options).catch(() => {});
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("sees exactly one addEventListener and one removeEventListener of one function, and is never put into AbortSignal.any (S8)", () => {
    const calls: string[] = [];
    const listeners = new Set<unknown>();
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (type: string, listener: unknown) => {
        calls.push(`add ${type}`);
        listeners.add(listener);
      },
      removeEventListener: (type: string, listener: unknown) => {
        calls.push(`remove ${type}`);
        listeners.delete(listener);
      },
    };
    const scope = new CancelScope({ parent: signal as never });
    scope.close();
    expect(calls).toEqual(["add abort", "remove abort"]);
    expect(listeners.size).toBe(0);
  });

  it("leaves the scope alone once that is closed (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    controller.signal.addEventListener("abort", () => {}, { once: true });
    scope.close();
    controller.abort();
    expect(scope.cancelled).toBe(false);
  });

  it("leaves the scope alone where another abort listener closes it first (S3, S8)", () => {
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => scope.close());
    const scope = new CancelScope({ parent: controller.signal });
    controller.abort();
    expect(scope.cancelled).toBe(false);
  });

  it("keeps a cancellation that came first (S2, S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    scope.cancel("mine");
    controller.abort("theirs");
    expect(scope.reason?.cause).toBe("mine");
    expect(scope.reason?.scope).toBe(scope);
  });

  it("may be AbortSignal.timeout's, whose TimeoutError is the cause (S8)", () => {
    const timedOut = new DOMException("timed out", "TimeoutError");
    const scope = new CancelScope({ parent: AbortSignal.abort(timedOut) });
    expect(scope.reason?.cause).toBe(timedOut);
    expect(scope.reason?.name).toBe("AbortError");
  });

  it("has a reason adopted that is a CancelledError: the signal derives from a scope's (S7, S8)", () => {
    const other = new CancelScope();
    const before = new CancelScope({ parent: AbortSignal.any([other.signal]) });
    other.cancel();
    const after = new CancelScope({ parent: AbortSignal.any([other.signal, new AbortController().signal]) });
    expect([before.reason, after.reason]).toEqual([other.reason, other.reason]);
    expect([before.reason === other.reason, after.reason === other.reason]).toEqual([true, true]);
  });

  it("may be the signal of a Request that was made with a scope's (S8)", () => {
    const other = new CancelScope();
    const request = new Request("http://localhost", { signal: other.signal });
    const scope = new CancelScope({ parent: request.signal });
    other.cancel();
    expect(scope.reason).toBe(other.reason);
  });

  it("has a reason adopted through a chain of derived signals, also of a scope that has closed since (S8)", () => {
    const other = new CancelScope();
    let { signal } = other;
    for (let level = 0; level < 5; level++) signal = new CancelScope({ parent: AbortSignal.any([signal]) }).signal;
    other.cancel();
    other.close();
    expect(new CancelScope({ parent: AbortSignal.any([signal]) }).reason).toBe(other.reason);
  });

  it("has a reason wrapped that only looks like a CancelledError: it has no scope (S7, S8)", () => {
    for (const scope of [undefined, {}, "text"]) {
      const forged = Object.assign(new Error("forged"), { [Symbol.for("@selvage/scope/CancelledError")]: true, scope });
      const below = new CancelScope({ parent: AbortSignal.abort(forged) });
      expect(below.reason).not.toBe(forged);
      expect(below.reason?.cause).toBe(forged);
    }
  });

  it("has an abort event ignored while it is not aborted, and the abort that follows noticed (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    controller.signal.dispatchEvent(new Event("abort"));
    expect(scope.cancelled).toBe(false);
    controller.abort("now");
    expect(scope.reason?.cause).toBe("now");
  });

  it("has the scope absorb its cancellation where it comes back through derived signals (S8, S14)", async () => {
    const user = new AbortController().signal;
    const scope = new CancelScope({ deadline: now() });
    const derive = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, user]);
    const result = await scope.run((own) =>
      CancelScope.run(
        (middle) => CancelScope.run((inner) => inner.sleep(Infinity), { parent: derive(middle.signal) }),
        {
          parent: derive(own.signal),
        },
      ),
    );
    expect([result, scope.cancelledCaught]).toEqual([undefined, true]);
  });

  it("has the outer owner recognise its own cancellation, not the scope in between (S8, S14)", async () => {
    const outer = new CancelScope();
    const running = CancelScope.run((scope) => scope.sleep(Infinity), { parent: AbortSignal.any([outer.signal]) });
    outer.cancel();
    await expect(running).rejects.toBe(outer.reason);
  });
});

describe("a parent that is a scope's signal", () => {
  it("acts as the scope itself: the CancelledError is adopted as it is (S8)", () => {
    const parent = new CancelScope({ deadline: 1e12 });
    const scope = new CancelScope({ parent: parent.signal });
    expect(scope.effectiveDeadline).toBe(1e12);
    parent.cancel("why");
    expect(scope.reason).toBe(parent.reason);
    expect(scope.reason?.scope).toBe(parent);
  });

  it("adds no listener to it (S8)", () => {
    const parent = new CancelScope();
    const scope = new CancelScope({ parent: parent.signal });
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
    expect(() => parent.close()).toThrow(/still open/);
    scope.close();
    parent.close();
  });

  it("lets the scope absorb what is cancelled below (S8, S14)", async () => {
    const outer = new CancelScope();
    const running = outer.run(({ signal }) =>
      CancelScope.run(
        (inner) => {
          outer.cancel();
          return inner.sleep(Infinity);
        },
        { parent: signal },
      ),
    );
    expect(await running).toBeUndefined();
    expect(outer.cancelledCaught).toBe(true);
  });

  it("is refused where the scope is closed (S16)", () => {
    const parent = new CancelScope();
    const { signal } = parent;
    parent.close();
    expect(() => new CancelScope({ parent: signal })).toThrow(ClosedError);
  });

  it("is refused every time where nothing can listen to it (S8)", () => {
    const { signal } = new AbortController();
    const error = new Error("no listeners here");
    signal.addEventListener = () => {
      throw error;
    };
    for (let times = 0; times < 2; times++) expect(() => new CancelScope({ parent: signal })).toThrow(error);
  });
});
