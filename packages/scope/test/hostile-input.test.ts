/** Wrong and hostile input: each entry point reports what is wrong, or does the right thing, and loses nothing. */
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { describe, expect, it } from "vitest";
import { CancelScope, type CancelScopeOptions, isCancellation } from "../src/index.js";
import { describeTree, watchStragglers } from "../src/debug.js";
import { uncaughtDuring } from "./uncaught.js";

const raise = (): never => {
  throw new Error("hostile");
};

/** The expected outcome of each promise-like that a function may return. */
/** Values that may be thrown. Each one is passed on unchanged. */
const thrown: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["NaN", () => NaN],
  ["a symbol", () => Symbol("thrown")],
  ["a function", () => raise],
  ["an object without a prototype", () => Object.create(null) as unknown],
  ["a frozen error", () => Object.freeze(new Error("frozen"))],
  ["a proxied error", () => new Proxy(new Error("proxied"), {})],
  [
    "a proxy that refuses everything",
    () => new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise, ownKeys: raise }),
  ],
  ["a revoked proxy", revoked],
  ["an error that is its own cause", cyclic],
  ["an error whose fields cannot be read", unreadable],
  ["an aggregate that contains itself", selfContaining],
  ["a promise", () => Promise.resolve("thrown")],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cyclic(): Error {
  const error = new Error("cyclic");
  error.cause = new Error("below", { cause: error });
  return error;
}

function unreadable(): Error {
  const error = new Error("unreadable");
  for (const field of ["stack", "name", "message", "cause", "code", "errors"]) {
    Object.defineProperty(error, field, { get: raise });
  }
  return error;
}

function selfContaining(): AggregateError {
  const error = new AggregateError([], "contains itself");
  error.errors.push(error);
  return error;
}

/** Every way to give a scope something to wait for. */
const ways: Record<string, (parent: CancelScope, make: () => unknown) => Promise<unknown>> = {
  "CancelScope.run": (parent, make) => CancelScope.run(make, { parent }),
  run: (parent, make) => new CancelScope({ parent }).run(make),
  race: (parent, make) => parent.race(make() as PromiseLike<unknown>),
};

describe.each(Object.entries(ways))("%s", (way, run) => {
  it.each(hostileThenables)("a promise-like that %s is accepted (S12, S14)", async (_, thenable, expected) => {
    using parent = new CancelScope();
    const ended = run(parent, thenable);
    if ("value" in expected) expect(await ended).toBe(expected.value);
    else await expect(ended).rejects.toEqual(expected.error);
  });

  it.each(thrown)("a rejection with %s is passed on unchanged (S12, S14)", async (_, make) => {
    using parent = new CancelScope();
    const value = make();
    let isSame: boolean | undefined;
    await run(parent, () => Promise.reject(value)).catch((error: unknown) => {
      isSame = Object.is(error, value);
    });
    expect(isSame).toBe(true);
  });

  it("a promise-like that never calls back is abandoned by a race, and waited for as the result of a body (S12, S14)", async () => {
    using parent = new CancelScope();
    let callBack!: (value: unknown) => void;
    const running = run(parent, () => ({ then: (f: (value: unknown) => void) => (callBack = f) }));
    await Promise.resolve();
    parent.cancel();
    if (way === "race") await expect(running).rejects.toSatisfy((error) => error === parent.reason);
    callBack("late");
    if (way !== "race") expect(await running).toBe("late");
  });
});

describe("the reason of a cancellation", () => {
  it.each(thrown)(
    "the reason of a cancellation may be %s: it is the cause, and all listeners get it (S2, S7)",
    (_, make) => {
      const value = make();
      const parent = new CancelScope();
      const scope = new CancelScope({ parent });
      const causes: unknown[] = [];
      scope.onCancel(({ cause }) => causes.push(cause));
      expect(scope.signal.aborted).toBe(false);
      parent.cancel(value);
      expect(Object.is(scope.reason?.cause, value)).toBe(true);
      expect(causes.map((cause) => Object.is(cause, value))).toEqual([true]);
      expect(scope.signal.reason).toBe(scope.reason);
      expect(describeTree(parent)).toContain("cancelled");
      scope.close();
      parent.close();
    },
  );

  it.each(thrown)("the reason of an AbortSignal may be %s (S8)", (_, make) => {
    const value = make();
    if (value === undefined) return; // The platform replaces it by its own error.
    const controller = new AbortController();
    using scope = new CancelScope({ parent: controller.signal });
    controller.abort(value);
    expect(Object.is(scope.reason?.cause, value)).toBe(true);
  });
});

describe("isCancellation", () => {
  it.each(thrown)("isCancellation is false and does not throw for %s (S15)", (_, make) => {
    using scope = new CancelScope();
    expect([isCancellation(make()), isCancellation(make(), scope)]).toEqual([false, false]);
    scope.cancel(make());
    expect([isCancellation(make()), isCancellation(make(), scope)]).toEqual([false, false]);
  });
});

describe("a listener", () => {
  it.each(thrown)(
    "a listener may throw %s: it is reported as uncaught, and the other listeners are called (S4)",
    async (_, make) => {
      const value = make();
      const scope = new CancelScope();
      const called: string[] = [];
      const uncaught = await uncaughtDuring(() => {
        scope.onCancel(() => {
          throw value;
        });
        scope.onCancel(() => called.push("other"));
        scope.cancel();
        scope.close();
      });
      expect(called).toEqual(["other"]);
      expect(uncaught.map((error) => Object.is(error, value))).toEqual([true]);
    },
  );

  it("a listener may do anything to its scope and to the scopes around it (S3)", () => {
    const log: string[] = [];
    const outer = new CancelScope();
    const scope = new CancelScope({ parent: outer });
    const disposed = scope.onCancel(() => log.push("disposed of"));
    outer.onCancel(() => {
      outer.cancel("again");
      scope.cancel("inner");
      disposed[Symbol.dispose]();
      scope.onCancel(() => log.push("late"));
      const born = new CancelScope({ parent: scope });
      log.push(`born cancelled: ${String(born.cancelled)}`);
      born.close();
      scope.deadline = 0;
    });
    scope.onCancel(() => {
      scope.close();
      log.push("last");
    });
    scope.onCancel(() => log.push("of a closed scope"));
    outer.cancel("first");
    expect(log).toEqual(["late", "born cancelled: true", "last"]);
    expect(scope.reason?.cause).toBe("first");
    outer.close();
  });
});

describe("arguments", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a string", "5"],
    ["a bigint", 5n],
    ["a date", new Date()],
    ["an object without a prototype", Object.create(null)],
  ])("a wrong value for a function or a time is a TypeError, and changes nothing: %s", (_, value) => {
    const scope = new CancelScope();
    for (const call of [
      () => CancelScope.run(value as () => void),
      () => scope.run(value as () => void),
      () => scope.onCancel(value as () => void),
    ]) {
      expect(call).toThrow(/must be a function, got/);
    }
    for (const call of [() => (scope.deadline = value as number), () => scope.sleep(value as number)]) {
      expect(call).toThrow(/must be a number of milliseconds, got/);
    }
    expect([scope.deadline, scope.cancelled]).toEqual([Infinity, false]);
    scope.close();
  });

  it("a value that is not a promise is the result of its race (S12)", async () => {
    using scope = new CancelScope();
    for (const value of [undefined, null, 5, "text", {}]) expect(await scope.race(value as never)).toBe(value);
  });
});

describe("options", () => {
  const entries: Record<string, (options: CancelScopeOptions) => unknown> = {
    "new CancelScope": (options) => new CancelScope(options).close(),
    "CancelScope.run": (options) => CancelScope.run(() => {}, options),
  };

  describe.each(Object.entries(entries))("of %s", (_, call) => {
    it.each<[string, unknown]>([
      ["null", null],
      ["a number", 5],
      ["a string", "name"],
      ["a function", raise],
    ])("options that are %s are rejected", (_, options) => {
      expect(() => call(options as CancelScopeOptions)).toThrow(/^The options must be an object, got/);
    });

    it.each<[string, object]>([
      ["parent", { parent: {} }],
      ["parent", { parent: "scope" }],
      ["parent", { parent: { signal: new AbortController().signal } }],
      ["deadline", { deadline: NaN }],
      ["deadline", { deadline: new Date() }],
      ["shield", { shield: 1 }],
      ["name", { name: Symbol("name") }],
      ["clock", { clock: { now: () => 0 } }],
    ])("options with a wrong %s are rejected: %o", (name, options) => {
      expect(() => call(options)).toThrow(TypeError);
      expect(() => call(options)).toThrow(new RegExp(name, "i"));
    });

    it.each(["parent", "deadline", "shield", "name", "clock"])(
      "an error that reading the option %s throws is passed on, and no link is left",
      (name) => {
        using parent = new CancelScope();
        expect(() => call(Object.defineProperty({ parent }, name, { get: raise }))).toThrow("hostile");
      },
    );

    it("options may be without a prototype, frozen or proxied", async () => {
      using parent = new CancelScope();
      const options = { parent, name: "n", shield: true, deadline: Infinity };
      for (const odd of [
        Object.assign(Object.create(null) as object, options),
        Object.freeze({ ...options }),
        new Proxy(options, {}),
      ]) {
        await call(odd);
      }
    });
  });

  it("wrong options of watchStragglers are rejected, and an error of reading one is passed on", () => {
    const fine = { after: 5, report: () => {} };
    for (const options of [
      { ...fine, after: "5" },
      { ...fine, report: 5 },
    ]) {
      expect(() => watchStragglers(options as unknown as typeof fine)).toThrow(TypeError);
    }
    expect(() => watchStragglers(Object.defineProperty({ ...fine }, "after", { get: raise }))).toThrow("hostile");
  });
});

describe("deep nesting", () => {
  it("100,000 nested runs, each of which waits for the next, end with one cancellation (S3, S14)", async () => {
    using parent = new CancelScope();
    let inner = parent;
    let waitFor!: (nested: Promise<unknown>) => void;
    const body = (scope: CancelScope): Promise<unknown> => {
      inner = scope;
      return new Promise((resolve) => (waitFor = resolve));
    };
    const outermost = CancelScope.run(body, { parent });
    for (let depth = 1; depth < 100_000; depth++) {
      const wait = waitFor;
      wait(CancelScope.run(body, { parent: inner }));
    }
    waitFor(inner.sleep(Infinity));
    parent.cancel();
    await expect(outermost).rejects.toSatisfy((error) => error === parent.reason);
  });
});

describe("wrong objects", () => {
  it.each([null, 5_000, "name", Symbol("options"), () => {}] as never[])(
    "options that are not an object are a TypeError: %o",
    (options) => {
      for (const call of [() => new CancelScope(options), () => watchStragglers(options)]) {
        expect(call).toThrow(/^The options must be an object, got /);
      }
    },
  );

  it.each([null, undefined, "scope", {}, Object.create(null)] as never[])(
    "describeTree throws for a value that is not a scope: %o",
    (scope) => {
      expect(() => describeTree(scope)).toThrow(/^The scope to describe must be a CancelScope, got /);
    },
  );
});

describe("a scope or a signal in place of options", () => {
  const entries: readonly (readonly [string, (options: never) => unknown])[] = [
    ["new CancelScope", (options) => new CancelScope(options)],
    ["CancelScope.run", (options) => CancelScope.run(() => expect.unreachable(), options)],
  ];
  describe.each(entries)("%s", (_, call) => {
    it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_, options, message) => {
      expect(() => call(options)).toThrow(new TypeError(message));
    });
  });
});
