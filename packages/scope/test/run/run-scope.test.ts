import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, ExceptionGroup, InvalidStateError } from "@selvage/scope";
import { HandClock } from "../hand-clock.js";
import { cancellationOf } from "../cancellation-of.js";
import { turn } from "../uncaught.js";

const abort = new DOMException("cut", "AbortError");

describe("CancelScope.run", () => {
  it("run calls the body synchronously with the scope, and resolves with its value (S14)", async () => {
    const scope = new CancelScope();
    let seen: CancelScope | undefined;
    const running = scope.run((own) => {
      seen = own;
      return 42;
    });
    expectTypeOf(running).toEqualTypeOf<Promise<number | undefined>>();
    expect(seen).toBe(scope);
    expect(await running).toBe(42);
    expect(await CancelScope.run(async () => "async")).toBe("async");
  });

  it("run waits for the body, then closes the scope (S14)", async () => {
    let go: () => void = () => {};
    const parent = new CancelScope();
    const scope = new CancelScope({ parent });
    let ended = false;
    const running = scope.run(() => new Promise<void>((resolve) => (go = resolve))).then(() => (ended = true));
    await turn();
    expect(ended).toBe(false);
    expect(() => parent.close()).toThrow(InvalidStateError);
    go();
    await running;
    parent.close();
    expect(() => new CancelScope({ parent: scope })).toThrow(ClosedError);
  });

  it("run waits for a cancelled body, too, however long it unwinds (S14)", async () => {
    const log: string[] = [];
    const scope = new CancelScope();
    const running = scope.run(async (own) => {
      try {
        await own.sleep(Infinity);
      } finally {
        await turn();
        log.push("unwound");
      }
    });
    scope.cancel();
    await running;
    expect(log).toEqual(["unwound"]);
  });

  it("run closes the scope when the body fails, also synchronously (S14)", async () => {
    for (const body of [() => Promise.reject(new Error("no")), () => raise(new Error("no"))]) {
      const parent = new CancelScope();
      const scope = new CancelScope({ parent });
      await expect(scope.run(body)).rejects.toThrow("no");
      parent.close();
    }
  });

  it("run rejects, and does not throw, if the body throws synchronously (S14)", async () => {
    const error = new Error("at once");
    const running = CancelScope.run(() => raise(error));
    await expect(running).rejects.toBe(error);
  });

  it.each([["text"], [undefined], [null], [0], [Object.create(null)]])(
    "run passes on any thrown value unchanged: %o (S14)",
    async (thrown) => {
      const cancelled = new CancelScope();
      cancelled.cancel();
      for (const scope of [new CancelScope(), cancelled]) {
        const outcomes = await Promise.allSettled([scope.run(() => raise(thrown))]);
        expect(outcomes).toEqual([{ status: "rejected", reason: thrown as unknown }]);
      }
    },
  );

  it("run accepts any thenable that the body returns, also a misbehaving one (S14)", async () => {
    const twice = { then: (onValue: (value: string) => void) => (onValue("first"), onValue("second")) };
    expect(await CancelScope.run(() => twice as never)).toBe("first");
    const error = new Error("hostile");
    const throwing = Object.defineProperty({}, "then", { get: () => raise(error) });
    await expect(CancelScope.run(() => throwing as never)).rejects.toBe(error);
  });

  it.each([[undefined], [null], [{}], ["body"]])(
    "run throws a TypeError for the body %o, and starts nothing (S14)",
    (body) => {
      const parent = new CancelScope();
      const scope = new CancelScope({ parent });
      expect(() => void scope.run(body as never)).toThrow(TypeError);
      expect(() => void CancelScope.run(body as never, { parent })).toThrow(/The body must be a function, got /);
      expect(() => void new CancelScope().run(body as never)).toThrow(/^The body must be a function, got /);
      scope.close();
      parent.close();
    },
  );

  it("a scope runs once: a second run throws during the first and after it, and changes nothing (S14)", async () => {
    const scope = new CancelScope();
    let runs = 0;
    const running = scope.run(async () => {
      runs++;
      expect(() => void scope.run(() => runs++)).toThrow(InvalidStateError);
      await turn();
      return "value";
    });
    expect(() => void scope.run(() => runs++)).toThrow(/A scope runs once/);
    expect(await running).toBe("value");
    expect(() => void scope.run(() => runs++)).toThrow(InvalidStateError);
    expect(runs).toBe(1);
  });

  it("run throws a ClosedError on a closed scope (S14)", () => {
    const scope = new CancelScope();
    scope.close();
    expect(() => void scope.run(() => 1)).toThrow(new ClosedError("The scope is closed: make a new one to run in."));
  });

  it("run calls its body in a scope that is already cancelled, and the body sees it at its first checkpoint (S14)", async () => {
    const scope = new CancelScope();
    scope.cancel("before");
    const log: string[] = [];
    const value = await scope.run(async (own) => {
      log.push("begins");
      await own.checkpoint();
      log.push("never");
    });
    expect([value, log, scope.cancelledCaught]).toEqual([undefined, ["begins"], true]);
  });

  it("the body of a run may close the scope (S16)", async () => {
    const parent = new CancelScope();
    const value = await CancelScope.run(
      (scope) => {
        scope.close();
        parent.close();
        return "value";
      },
      { parent },
    );
    expect(value).toBe("value");
  });
});

describe("a run whose own scope was cancelled", () => {
  it.each<[string, (scope: CancelScope) => unknown]>([
    ["the reason", (scope) => scope.reason],
    ["an error caused by the reason", (scope) => new Error("wrapped", { cause: scope.reason })],
    ["a platform abort", () => abort],
    [
      "an aggregate of cancellations",
      (scope) => new AggregateError([scope.reason, abort, new AggregateError([scope.reason])]),
    ],
    ["a child's reason, which is the same", (scope) => reasonBelow(scope)],
  ])(
    "a run whose own scope was cancelled absorbs %s: it resolves undefined, and cancelledCaught is true (S14)",
    async (_, error) => {
      const scope = new CancelScope();
      const value = await scope.run((own) => {
        own.cancel();
        return raise(error(own));
      });
      expect([value, scope.cancelledCaught]).toEqual([undefined, true]);
    },
  );

  it("a run whose own scope was cancelled keeps the value of a body that completes (S14)", async () => {
    const scope = new CancelScope();
    const value = await scope.run((own) => {
      own.cancel();
      return "completed";
    });
    expect([value, scope.cancelled, scope.cancelledCaught]).toEqual(["completed", true, false]);
  });

  it.each<[string, (scope: CancelScope) => unknown]>([
    ["a failure", () => new Error("failure")],
    ["a failure together with the reason", (scope) => new AggregateError([scope.reason, new Error("failure")])],
    ["another scope's CancelledError", () => cancelledElsewhere()],
    [
      "an error caused by another scope's CancelledError",
      () => Object.assign(new Error("wrapped", { cause: cancelledElsewhere() }), { name: "AbortError" }),
    ],
    [
      "an aggregate of the reason and another scope's CancelledError",
      (scope) => new AggregateError([scope.reason, cancelledElsewhere()]),
    ],
    [
      "an aggregate of the reason and an error caused by another scope's CancelledError",
      (scope) => new AggregateError([scope.reason, abortCausedElsewhere()]),
    ],
    ["an empty aggregate", () => new AggregateError([])],
  ])("a run whose own scope was cancelled passes on %s (S14)", async (_, error) => {
    const scope = new CancelScope();
    let thrown: unknown;
    const running = scope.run((own) => {
      own.cancel();
      return raise((thrown = error(own)));
    });
    await expect(running).rejects.toBe(thrown);
    expect(scope.cancelledCaught).toBe(false);
  });

  it("a run absorbs an abort if it notices the passed deadline only after the body failed (S9, S14)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const value = await scope.run(async () => {
      clock.time = 10;
      throw abort;
    });
    expect([value, scope.cancelledCaught]).toEqual([undefined, true]);
  });

  it("cancelledCaught is false before the run has ended (S14)", async () => {
    const scope = new CancelScope();
    const running = scope.run((own) => own.sleep(Infinity));
    scope.cancel();
    expect(scope.cancelledCaught).toBe(false);
    await running;
    expect(scope.cancelledCaught).toBe(true);
  });

  it("a run absorbs its cancellation through scopes in between, which pass it on (S14)", async () => {
    const outer = new CancelScope();
    const middle = new CancelScope({ parent: outer });
    const value = await outer.run(() =>
      middle.run((own) => {
        outer.cancel();
        return own.sleep(Infinity);
      }),
    );
    expect([value, outer.cancelledCaught, middle.cancelledCaught]).toEqual([undefined, true, false]);
  });
});

describe("a run that an outer owner cancelled", () => {
  it.each<[string, (scope: CancelScope) => unknown]>([
    ["the reason", (scope) => scope.reason],
    ["a platform abort", () => abort],
    ["an error caused by the reason", (scope) => new Error("wrapped", { cause: scope.reason })],
    ["an aggregate of cancellations", (scope) => new AggregateError([scope.reason, abort])],
  ])(
    "a run that an outer owner cancelled rejects with the reason if the body rejected with %s, so that the owner recognises it (S14)",
    async (_, error) => {
      const outer = new CancelScope();
      const scope = new CancelScope({ parent: outer });
      outer.cancel("outer");
      await expect(scope.run((own) => raise(error(own)))).rejects.toBe(outer.reason);
      expect(scope.cancelledCaught).toBe(false);
    },
  );

  it("a run rejects with the outer reason if its own scope was cancelled afterwards (S1, S14)", async () => {
    const outer = new CancelScope();
    const scope = new CancelScope({ parent: outer });
    outer.cancel("outer");
    scope.cancel("inner");
    await expect(scope.run(() => raise(abort))).rejects.toBe(outer.reason);
  });

  it("a run absorbs the cancellation if its own scope was cancelled first, and the owner afterwards (S2, S14)", async () => {
    const outer = new CancelScope();
    const scope = new CancelScope({ parent: outer });
    scope.cancel("inner");
    outer.cancel("outer");
    expect(await scope.run(() => raise(abort))).toBeUndefined();
    expect(scope.cancelledCaught).toBe(true);
  });

  it("a run that an outer owner cancelled keeps a value, and passes on a failure (S14)", async () => {
    const outer = new CancelScope();
    outer.cancel();
    expect(await CancelScope.run(() => "value", { parent: outer })).toBe("value");
    const failure = new AggregateError([outer.reason, new Error("failure")]);
    await expect(CancelScope.run(() => raise(failure), { parent: outer })).rejects.toBe(failure);
  });

  it("the outer owner absorbs its cancellation when it reaches the owner's run (S14)", async () => {
    const log: string[] = [];
    const value = await CancelScope.run(async (outer) => {
      try {
        await CancelScope.run(
          () => {
            outer.cancel();
            throw abort;
          },
          { parent: outer },
        );
      } catch (error) {
        log.push(error === outer.reason ? "the owner's reason" : "something else");
        throw error;
      }
    });
    expect([value, log]).toEqual([undefined, ["the owner's reason"]]);
  });
});

describe("a run in a live scope", () => {
  it("a run in a live scope passes on a platform abort, because nothing was cancelled (S14, S15)", async () => {
    await expect(CancelScope.run(() => raise(abort))).rejects.toBe(abort);
  });

  it("a run in a live scope passes on another scope's CancelledError, for example of an awaited task (S14)", async () => {
    const error = cancelledElsewhere();
    await expect(CancelScope.run(() => raise(error))).rejects.toBe(error);
  });

  it("a run is not interrupted by a cancellation beside or below its scope (S1)", async () => {
    const outer = new CancelScope();
    const beside = new CancelScope({ parent: outer });
    const value = await CancelScope.run(
      async (scope) => {
        const below = new CancelScope({ parent: scope });
        beside.cancel();
        below.cancel();
        await scope.checkpoint();
        below.close();
        return "value";
      },
      { parent: outer },
    );
    expect(value).toBe("value");
  });
});

describe("CancelScope.close", () => {
  it("close detaches the scope from its parent: neither is cancelled with the other afterwards (S16)", () => {
    const parent = new CancelScope();
    const scope = new CancelScope({ parent });
    const seen = cancellationOf(scope);
    scope.close();
    parent.cancel();
    expect([scope.cancelled, seen.reason]).toEqual([false, undefined]);
    parent.close();
  });

  it("close detaches the scope from the clock (S16)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.close();
    expect(clock.armed).toBe(0);
    clock.time = 20;
    expect([scope.cancelled, scope.cancelCalled, scope.effectiveDeadline]).toEqual([false, false, 10]);
  });

  it("close is idempotent, and so is dispose (S16)", () => {
    const scope = new CancelScope();
    scope.close();
    scope.close();
    scope[Symbol.dispose]();
  });

  it("close is called at the end of a `using` block (S16)", () => {
    const parent = new CancelScope();
    {
      using scope = new CancelScope({ parent });
      expect(() => parent.close()).toThrow(InvalidStateError);
      expect(scope.cancelled).toBe(false);
    }
    parent.close();
  });

  it("a closed scope stays cancelled, with its reason (S1, S16)", () => {
    const scope = new CancelScope();
    scope.cancel("why");
    scope.close();
    scope.cancel("again");
    expect(scope.reason?.cause).toBe("why");
  });

  it("close notices a deadline that passed unnoticed (S9, S16)", () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock, deadline: 5 });
    const scope = new CancelScope({ parent, deadline: 10 });
    clock.time = 10;
    scope.close();
    expect([scope.reason?.scope, scope.cancelCalled]).toEqual([parent, true]);
  });

  it("close throws if children are live, names them, and leaves the scope open (S16)", () => {
    const scope = new CancelScope({ name: "server", deadline: 1e12 });
    const children = ["a", "b"].map((name) => new CancelScope({ parent: scope, name }));
    children.push(new CancelScope({ parent: scope }));
    const attempt = (): void => scope.close();
    expect(attempt).toThrow(InvalidStateError);
    expect(attempt).toThrow(
      /^3 scopes are still open in "server" that ends: "a", "b", an unnamed scope\. Close or await/,
    );
    expect(scope.deadline).toBe(1e12);
    const seen = cancellationOf(children[0]!);
    scope.cancel();
    expect(seen.reason).toBe(scope.reason);
    for (const child of children) child.close();
    scope.close();
  });

  it("close names the first few of many live children (S16)", () => {
    const scope = new CancelScope();
    for (let i = 0; i < 1_000; i++) new CancelScope({ parent: scope, name: `child ${i}` });
    expect(() => scope.close()).toThrow(
      /^1000 scopes are still open in a scope that ends: "child 0", .*"child 4", …\. /,
    );
  });

  it("cancelled children count as live for close until they have ended (S16)", () => {
    const scope = new CancelScope();
    const child = new CancelScope({ parent: scope });
    scope.cancel();
    expect(() => scope.close()).toThrow(/^1 scope is still open/);
    child.close();
    scope.close();
  });

  it("close throws if the check of the clock makes a listener open a child (S9, S16)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.onCancel(() => new CancelScope({ parent: scope }));
    clock.time = 10;
    expect(() => scope.close()).toThrow(InvalidStateError);
  });

  it("a closed scope rejects children with a ClosedError that says so (S16)", () => {
    const scope = new CancelScope();
    scope.close();
    expect(() => new CancelScope({ parent: scope })).toThrow(ClosedError);
    expect(() => void CancelScope.run(() => 1, { parent: scope })).toThrow(/The parent scope is closed/);
  });

  it("children may be closed at the front, in the middle and at the end, and the rest stay in order (S16)", () => {
    const parent = new CancelScope();
    const log: number[] = [];
    let children = Array.from({ length: 6 }, (_, index) => {
      const scope = new CancelScope({ parent });
      scope.onCancel(() => log.push(index));
      return scope;
    });
    for (const index of [0, 2, 5]) children[index]!.close();
    parent.cancel();
    expect(log).toEqual([1, 3, 4]);
    children = children.filter((_, index) => ![0, 2, 5].includes(index));
    for (const child of children.reverse()) child.close();
    parent.close();
  });
});

describe("a run that leaves scopes open", () => {
  it("a run that leaves scopes open cancels and detaches them, and fails with an error that names them (S16)", async () => {
    const parent = new CancelScope();
    let left: CancelScope | undefined;
    const running = CancelScope.run(
      (scope) => {
        left = new CancelScope({ parent: scope, name: "left open" });
        return "value";
      },
      { parent, name: "sloppy" },
    );
    await expect(running).rejects.toThrow(InvalidStateError);
    await expect(running).rejects.toThrow('1 scope is still open in "sloppy" that ends: "left open".');
    expect(left?.cancelled).toBe(true);
    expect(left?.reason?.scope).toBe(left);
    expect(left?.reason?.cause).toBeInstanceOf(InvalidStateError);
    left?.close();
    parent.close();
  });

  it("a run that leaves scopes open cancels everything below them (S16)", async () => {
    let sleeping: Promise<unknown> | undefined;
    let grandchild: CancelScope | undefined;
    await CancelScope.run((scope) => {
      const child = new CancelScope({ parent: scope });
      grandchild = new CancelScope({ parent: child });
      sleeping = grandchild.sleep(60_000);
    }).catch(() => {});
    await expect(sleeping).rejects.toBe(grandchild?.reason);
  });

  it("a run that leaves a shielded scope open cancels it, too, because it has no other owner (S11, S16)", async () => {
    let left: CancelScope | undefined;
    await CancelScope.run((scope) => {
      left = new CancelScope({ parent: scope, shield: true });
    }).catch(() => {});
    expect(left?.cancelled).toBe(true);
  });

  it("a run that leaves scopes open fails with a group of both errors if the body failed (S16)", async () => {
    const failure = new TypeError("the body's own");
    const running = CancelScope.run((scope) => {
      void new CancelScope({ parent: scope, name: "left open" }).sleep(Infinity);
      throw failure;
    });
    const error: unknown = await running.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExceptionGroup);
    const [first, second] = (error as ExceptionGroup).errors;
    expect(first).toBe(failure);
    expect(second).toBeInstanceOf(InvalidStateError);
  });

  it("a run that leaves scopes open fails with that error alone if the body was cancelled by the scope or by an owner (S16)", async () => {
    for (const outer of [undefined, new CancelScope()]) {
      const scope = new CancelScope({ parent: outer });
      const running = scope.run((own) => {
        void new CancelScope({ parent: own }).settle(new Promise(() => {}));
        (outer ?? own).cancel();
        return own.sleep(Infinity);
      });
      await expect(running).rejects.toThrow(InvalidStateError);
    }
  });

  it("a listener of a detached scope cannot open a scope below the scope of the run (S16)", async () => {
    const scope = new CancelScope();
    let refused: unknown;
    const running = scope.run((own) => {
      new CancelScope({ parent: own }).onCancel(() => {
        try {
          new CancelScope({ parent: own });
        } catch (error) {
          refused = error;
        }
      });
    });
    await expect(running).rejects.toThrow(InvalidStateError);
    expect(refused).toBeInstanceOf(ClosedError);
  });

  it("a run leaves no timer of the scopes that it detaches (S16)", async () => {
    const clock = new HandClock();
    await CancelScope.run(
      (scope) => {
        void new CancelScope({ parent: scope, deadline: 1_000 }).sleep(500);
      },
      { clock, deadline: 2_000 },
    ).catch(() => {});
    expect(clock.armed).toBe(0);
  });
});

function raise(error: unknown): never {
  throw error;
}

function reasonBelow(scope: CancelScope): unknown {
  using child = new CancelScope({ parent: scope });
  return child.reason;
}

function cancelledElsewhere(): Error {
  const scope = new CancelScope();
  scope.cancel("elsewhere");
  return scope.reason!;
}

function abortCausedElsewhere(): Error {
  return Object.assign(new Error("wrapped", { cause: cancelledElsewhere() }), { name: "AbortError" });
}

describe("what a run absorbs", () => {
  it("a run absorbs its own cancellation even if another scope's cancellation caused it (S14)", async () => {
    const other = new CancelScope();
    other.cancel();
    const run = CancelScope.run((scope) => {
      scope.cancel(other.reason);
      throw scope.reason;
    });
    expect(await run).toBeUndefined();
  });

  it("a run absorbs an abort with causes without end (S14, S15)", async () => {
    const endless = (): object => new Proxy({}, { get: (_, key) => (key === "cause" ? endless() : undefined) });
    const run = CancelScope.run((scope) => {
      scope.cancel();
      throw Object.assign(new DOMException("aborted", "AbortError"), { cause: endless() });
    });
    expect(await run).toBeUndefined();
  });
});

describe("the error of open scopes", () => {
  it.each([
    [5, /"0", "1", "2", "3", "4"\. /],
    [6, /"0", "1", "2", "3", "4", …\. /],
  ])("the error of open scopes names at most five, and says if there are more: of %d (S16)", (count, names) => {
    const parent = new CancelScope();
    for (let name = 0; name < count; name++) new CancelScope({ parent, name: String(name) });
    expect(() => parent.close()).toThrow(names);
  });
});
