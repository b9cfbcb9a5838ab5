import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CancelledError, CancelScope } from "@selvage/scope";
import { cancellationOf } from "../cancellation-of.js";
import { uncaughtDuring } from "../uncaught.js";

describe("CancelScope.onCancel", () => {
  it("onCancel calls its listener with the reason, once, synchronously (S2)", () => {
    const reasons: CancelledError[] = [];
    const scope = new CancelScope();
    scope.onCancel((reason) => reasons.push(reason));
    expect(reasons).toEqual([]);
    scope.cancel();
    scope.cancel();
    expect(reasons).toEqual([scope.reason]);
  });

  it("onCancel on a cancelled scope calls its listener at once, and once (S6)", () => {
    const reasons: CancelledError[] = [];
    const parent = new CancelScope();
    const scope = new CancelScope({ parent });
    parent.cancel();
    scope.onCancel((reason) => reasons.push(reason));
    scope.cancel();
    expect(reasons).toEqual([parent.reason]);
  });

  it("onCancel calls its listener at once if the scope's deadline passed unnoticed (S6, S9)", () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const scope = new CancelScope({ clock, deadline: 10 });
    let called = false;
    time = 10;
    scope.onCancel(() => (called = true));
    expect(called).toBe(true);
  });

  it("a function that was registered several times is called as often (S6)", () => {
    let calls = 0;
    const listener = (): number => calls++;
    const scope = new CancelScope();
    scope.onCancel(listener);
    const handle = scope.onCancel(listener);
    scope.onCancel(listener);
    handle[Symbol.dispose]();
    scope.cancel();
    expect(calls).toBe(2);
  });

  it.each([
    ["first", 0],
    ["middle", 1],
    ["last", 2],
  ])("the %s of three listeners is not called after its handle was disposed of, also twice (S6)", (_, index) => {
    const log: number[] = [];
    const scope = new CancelScope();
    const handles = [0, 1, 2].map((number) => scope.onCancel(() => log.push(number)));
    handles[index]![Symbol.dispose]();
    handles[index]![Symbol.dispose]();
    scope.onCancel(() => log.push(3));
    scope.cancel();
    expect(log).toEqual([0, 1, 2, 3].filter((number) => number !== index));
  });

  it("the registered listeners run in order, the signal's first, after any registering, disposing and waiting (S2, S6)", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant("register" as const) },
      { weight: 2, arbitrary: fc.nat() },
      { weight: 1, arbitrary: fc.constantFrom("read the signal" as const, "sleep" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const scope = new CancelScope();
        const log: (number | string)[] = [];
        let left: { readonly number: number; readonly handle: Disposable }[] = [];
        const read = new Set<AbortSignal>();
        steps.forEach((step, number) => {
          if (step === "register") left.push({ number, handle: scope.onCancel(() => log.push(number)) });
          else if (step === "sleep") void scope.sleep(Infinity);
          else if (step === "read the signal") {
            if (read.size === 0) scope.signal.addEventListener("abort", () => log.push("signal"));
            read.add(scope.signal);
          } else if (left.length > 0) {
            const gone = left[step % left.length]!;
            gone.handle[Symbol.dispose]();
            left = left.filter((each) => each !== gone);
          }
        });
        scope.cancel();
        expect(log).toEqual([...(read.size > 0 ? ["signal"] : []), ...left.map(({ number }) => number)]);
      }),
    );
  });

  it("the handle of a listener works with `using` (S6)", () => {
    let called = false;
    const scope = new CancelScope();
    {
      using _ = scope.onCancel(() => (called = true));
    }
    scope.cancel();
    expect(called).toBe(false);
  });

  it("200,000 listeners are unregistered quickly, oldest first (S6)", () => {
    const scope = new CancelScope();
    let called = 0;
    const handles = Array.from({ length: 200_000 }, () => scope.onCancel(() => called++));
    for (const handle of handles) handle[Symbol.dispose](); // A scan for each one would take minutes.
    scope.cancel();
    expect(called).toBe(0);
  });

  it("a closed scope calls no listener, whether registered before or after the close (S16)", () => {
    let called = 0;
    const scope = new CancelScope();
    const before = scope.onCancel(() => called++);
    scope.close();
    const after = scope.onCancel(() => called++);
    scope.cancel();
    expect(called).toBe(0);
    before[Symbol.dispose]();
    after[Symbol.dispose]();
  });

  it("a handle may be disposed of after its listener has run, or its scope was closed (S6)", () => {
    const scope = new CancelScope();
    const afterRun = scope.onCancel(() => {});
    scope.cancel();
    afterRun[Symbol.dispose]();
    const closed = new CancelScope();
    const handle = closed.onCancel(() => {});
    closed.close();
    expect(() => handle[Symbol.dispose]()).not.toThrow();
  });

  it.each([[undefined], [null], ["text"], [{}]])(
    "onCancel throws for %o, with a message that states what it expects",
    (listener) => {
      const scope = new CancelScope();
      expect(() => scope.onCancel(listener as never)).toThrow(TypeError);
      expect(() => scope.onCancel(listener as never)).toThrow(/The listener must be a function, got /);
    },
  );
});

describe("a listener that throws", () => {
  it("a listener that throws stops neither the cancellation nor the other listeners, and its error is reported as uncaught (S4)", async () => {
    const log: string[] = [];
    const root = new CancelScope();
    const child = new CancelScope({ parent: root });
    const errors = [new Error("first"), "text", undefined];
    const uncaught = await uncaughtDuring(() => {
      root.onCancel(() => log.push("before"));
      for (const error of errors) {
        root.onCancel(() => {
          throw error;
        });
      }
      root.onCancel(() => log.push("after"));
      child.onCancel(() => log.push("child"));
      root.cancel();
      log.push("cancel has returned");
    });
    expect(log).toEqual(["before", "after", "child", "cancel has returned"]);
    expect(child.cancelled).toBe(true);
    expect(uncaught).toEqual(errors);
  });

  it("a listener that throws when onCancel calls it at once is reported as uncaught (S4)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    const error = new Error("thrown at once");
    let handle: Disposable | undefined;
    const uncaught = await uncaughtDuring(() => {
      handle = scope.onCancel(() => {
        throw error;
      });
    });
    expect(uncaught).toEqual([error]);
    expect(handle).toBeDefined();
  });

  it("a listener that throws when a deadline cancels is reported as uncaught, and the chain's other deadlines still pass (S4, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const second = new CancelScope({ clock, deadline: 2 });
    const first = new CancelScope({ parent: second, deadline: 1 });
    const error = new Error("in the look");
    first.onCancel(() => {
      throw error;
    });
    const seen = cancellationOf(second);
    const uncaught = await uncaughtDuring(() => {
      time = 2;
      expect(first.reason?.scope).toBe(first);
    });
    expect(seen.reason?.scope).toBe(second);
    expect(uncaught).toEqual([error]);
  });

  it("an abort listener of the signal that throws is reported as uncaught, and the other listeners run (S4)", async () => {
    const log: string[] = [];
    const scope = new CancelScope();
    const error = new Error("in an event listener");
    const uncaught = await uncaughtDuring(() => {
      scope.signal.addEventListener("abort", () => {
        throw error;
      });
      scope.signal.addEventListener("abort", () => log.push("signal"));
      scope.onCancel(() => log.push("scope"));
      new CancelScope({ parent: scope }).onCancel(() => log.push("child"));
      scope.cancel();
    });
    expect(log).toEqual(["signal", "scope", "child"]);
    expect(uncaught).toEqual([error]);
  });

  it("a listener that closes a scope with live children throws the error of that close (S4, S16)", async () => {
    const root = new CancelScope();
    const child = new CancelScope({ parent: root, name: "still here" });
    root.onCancel(() => root.close());
    const uncaught = await uncaughtDuring(() => root.cancel());
    expect(uncaught).toHaveLength(1);
    expect(String(uncaught[0])).toMatch(/InvalidStateError: .*"still here"/);
    expect(child.cancelled).toBe(true);
  });
});
