import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ClosedError, CancelledError, CancelScope, isCancellation, now } from "@selvage/scope";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Counts the AbortControllers that are created from now on. */
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
  it("the signal is created on first read, and every read returns the same one (S5)", () => {
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

  it("a cancellation does not create a signal that was never read (S5)", () => {
    const made = countControllers();
    const scope = new CancelScope();
    scope.onCancel(() => {});
    new CancelScope({ parent: scope }).cancel();
    scope.cancel();
    expect(made()).toBe(0);
  });

  it("the signal aborts with the scope, and its reason is the scope's CancelledError (S5)", () => {
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

  it("the signal of a scope that is cancelled, or was created under a cancelled one, is already aborted (S5)", () => {
    const scope = new CancelScope();
    scope.cancel();
    const born = new CancelScope({ parent: scope });
    for (const { signal } of [scope, born]) {
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toBe(scope.reason);
    }
  });

  it("the signal is already aborted if the scope's deadline passed unnoticed (S5, S9)", () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const scope = new CancelScope({ clock, deadline: 5 });
    expect(scope.signal.aborted).toBe(false);
    time = 5;
    expect(scope.signal.aborted).toBe(true);
  });

  it("listeners registered before the first read of the signal can be unregistered, including the oldest (S3, S4)", () => {
    const scope = new CancelScope();
    const calls: string[] = [];
    const [oldest] = ["oldest", "second", "third"].map((name) => scope.onCancel(() => calls.push(name)));
    scope.signal.addEventListener("abort", () => calls.push("signal"));
    oldest![Symbol.dispose]();
    scope.onCancel(() => calls.push("latest"));
    scope.cancel();
    expect(calls).toEqual(["signal", "second", "third", "latest"]);
  });

  it("the signal of a closed scope never aborts, whether it was first read before or after the close (S16)", () => {
    const [before, after] = [new CancelScope(), new CancelScope()];
    const { signal } = before;
    for (const scope of [before, after]) {
      scope.close();
      scope.cancel();
    }
    expect([signal.aborted, before.signal.aborted, after.signal.aborted]).toEqual([false, false, false]);
  });

  it("platform functions accept the signal, and isCancellation recognises their rejections (S7, S15)", async () => {
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
  it("an AbortSignal parent cancels the scope and everything below it when it aborts (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    const child = new CancelScope({ parent: scope });
    expect(scope.cancelled).toBe(false);
    controller.abort("why");
    expect(scope.cancelled).toBe(true);
    expect(child.reason).toBe(scope.reason);
    expect(scope.cancelCalled).toBe(false);
  });

  it("an AbortSignal parent is an outer owner: its reason is the cause, and a hidden scope is the owner (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    controller.abort("why");
    expect(scope.reason).toBeInstanceOf(CancelledError);
    expect(scope.reason?.cause).toBe("why");
    expect(scope.reason?.scope).not.toBe(scope);
    expect(scope.reason?.scope).toBeInstanceOf(CancelScope);
    expect(scope.reason?.scope.cancelCalled).toBe(true);
  });

  it("no scope below absorbs the abort of its AbortSignal parent, whatever the body rejects with (S8, S14)", async () => {
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

  it("an AbortSignal parent that has already aborted cancels the scope from the start (S8)", () => {
    const scope = new CancelScope({ parent: AbortSignal.abort("before") });
    expect(scope.cancelled).toBe(true);
    expect(scope.reason?.cause).toBe("before");
    expect(new CancelScope({ parent: scope }).cancelled).toBe(true);
  });

  it("a shield hides an AbortSignal parent as it hides a scope (S8, S11)", () => {
    const controller = new AbortController();
    const scopes = [
      new CancelScope({ parent: controller.signal, shield: true }),
      new CancelScope({ parent: AbortSignal.abort(), shield: true }),
    ];
    controller.abort();
    expect(scopes.map((scope) => scope.cancelled)).toEqual([false, false]);
  });

  it("an AbortSignal parent gets one listener, which is removed on close (S8)", () => {
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

  it("an AbortSignal parent of several scopes has one listener, which is removed when the last scope closes (S8)", () => {
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

  it("an AbortSignal parent cancels all its scopes at once, in order of creation, with one CancelledError (S2, S7, S8)", () => {
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

  it("an AbortSignal parent cancels a scope whose deadline passed unnoticed with the signal's own reason (S1, S9)", () => {
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

  it("the listener on an AbortSignal parent is removed when it aborts, and none is added if it has already aborted (S8)", () => {
    const controller = new AbortController();
    const [before] = [new CancelScope({ parent: controller.signal })];
    controller.abort();
    const after = new CancelScope({ parent: controller.signal });
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    before.close();
    after.close();
  });

  it("the listener on an AbortSignal parent is removed when a run ends, however it ends (S8)", async () => {
    const { signal } = new AbortController();
    const options = { parent: signal };
    await CancelScope.run(() => 1, options);
    await CancelScope.run(async (scope) => (scope.cancel(), scope.checkpoint()), options);
    await CancelScope.run(() => Promise.reject(new Error("no")), options).catch(() => {});
    await CancelScope.run((scope) => new CancelScope({ parent: scope }), options).catch(() => {});
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("an AbortSignal parent sees one addEventListener and one removeEventListener of one function, and AbortSignal.any is not used (S8)", () => {
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

  it("an AbortSignal parent that aborts does not affect a closed scope (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    controller.signal.addEventListener("abort", () => {}, { once: true });
    scope.close();
    controller.abort();
    expect(scope.cancelled).toBe(false);
  });

  it("an AbortSignal parent does not cancel a scope that an earlier abort listener closed (S3, S8)", () => {
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => scope.close());
    const scope = new CancelScope({ parent: controller.signal });
    controller.abort();
    expect(scope.cancelled).toBe(false);
  });

  it("an AbortSignal parent does not replace a cancellation that came first (S2, S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    scope.cancel("mine");
    controller.abort("theirs");
    expect(scope.reason?.cause).toBe("mine");
    expect(scope.reason?.scope).toBe(scope);
  });

  it("the TimeoutError of an AbortSignal.timeout parent becomes the cause (S8)", () => {
    const timedOut = new DOMException("timed out", "TimeoutError");
    const scope = new CancelScope({ parent: AbortSignal.abort(timedOut) });
    expect(scope.reason?.cause).toBe(timedOut);
    expect(scope.reason?.name).toBe("AbortError");
  });

  it("a CancelledError that is the reason of an AbortSignal parent is adopted: the signal derives from a scope's (S7, S8)", () => {
    const other = new CancelScope();
    const before = new CancelScope({ parent: AbortSignal.any([other.signal]) });
    other.cancel();
    const after = new CancelScope({ parent: AbortSignal.any([other.signal, new AbortController().signal]) });
    expect([before.reason, after.reason]).toEqual([other.reason, other.reason]);
    expect([before.reason === other.reason, after.reason === other.reason]).toEqual([true, true]);
  });

  it("the signal of a Request that was created with a scope's signal is accepted as the parent (S8)", () => {
    const other = new CancelScope();
    const request = new Request("http://localhost", { signal: other.signal });
    const scope = new CancelScope({ parent: request.signal });
    other.cancel();
    expect(scope.reason).toBe(other.reason);
  });

  it("a CancelledError is adopted through a chain of derived signals, even if its scope has closed since (S8)", () => {
    const other = new CancelScope();
    let { signal } = other;
    for (let level = 0; level < 5; level++) signal = new CancelScope({ parent: AbortSignal.any([signal]) }).signal;
    other.cancel();
    other.close();
    expect(new CancelScope({ parent: AbortSignal.any([signal]) }).reason).toBe(other.reason);
  });

  it("a reason that only looks like a CancelledError, but has no scope, is wrapped and not adopted (S7, S8)", () => {
    for (const scope of [undefined, {}, "text"]) {
      const forged = Object.assign(new Error("forged"), { [Symbol.for("@selvage/scope/CancelledError")]: true, scope });
      const below = new CancelScope({ parent: AbortSignal.abort(forged) });
      expect(below.reason).not.toBe(forged);
      expect(below.reason?.cause).toBe(forged);
    }
  });

  it("an abort event of a signal that is not aborted is ignored, and the abort that follows is noticed (S8)", () => {
    const controller = new AbortController();
    const scope = new CancelScope({ parent: controller.signal });
    controller.signal.dispatchEvent(new Event("abort"));
    expect(scope.cancelled).toBe(false);
    controller.abort("now");
    expect(scope.reason?.cause).toBe("now");
  });

  it("a scope absorbs its own cancellation when it comes back through derived signals (S8, S14)", async () => {
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

  it("the outer owner recognises its own cancellation behind a derived signal, and the scope in between does not (S8, S14)", async () => {
    const outer = new CancelScope();
    const running = CancelScope.run((scope) => scope.sleep(Infinity), { parent: AbortSignal.any([outer.signal]) });
    outer.cancel();
    await expect(running).rejects.toBe(outer.reason);
  });
});

describe("a parent that is a scope's signal", () => {
  it("a parent given as a scope's signal acts as the scope itself: its CancelledError is adopted (S8)", () => {
    const parent = new CancelScope({ deadline: 1e12 });
    const scope = new CancelScope({ parent: parent.signal });
    expect(scope.effectiveDeadline).toBe(1e12);
    parent.cancel("why");
    expect(scope.reason).toBe(parent.reason);
    expect(scope.reason?.scope).toBe(parent);
  });

  it("a parent given as a scope's signal gets no listener (S8)", () => {
    const parent = new CancelScope();
    const scope = new CancelScope({ parent: parent.signal });
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
    expect(() => parent.close()).toThrow(/still open/);
    scope.close();
    parent.close();
  });

  it("a scope whose signal is the parent absorbs what is cancelled below (S8, S14)", async () => {
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

  it("the signal of a closed scope is rejected as parent (S16)", () => {
    const parent = new CancelScope();
    const { signal } = parent;
    parent.close();
    expect(() => new CancelScope({ parent: signal })).toThrow(ClosedError);
  });

  it("a signal whose addEventListener throws is rejected as parent every time (S8)", () => {
    const { signal } = new AbortController();
    const error = new Error("no listeners here");
    signal.addEventListener = () => {
      throw error;
    };
    for (let times = 0; times < 2; times++) expect(() => new CancelScope({ parent: signal })).toThrow(error);
  });
});
