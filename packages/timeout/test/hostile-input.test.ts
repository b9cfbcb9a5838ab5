/**
 * Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and
 * loses nothing.
 */
import { CancelScope } from "@selvage/scope";
import { settled } from "@selvage/testing";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { describe, expect, it } from "vitest";
import {
  moveOnAfter,
  moveOnAt,
  now,
  shield,
  type Timeout,
  timeout,
  timeoutAt,
  type TimeoutOptions,
} from "../src/index.js";

const raise = (): never => {
  throw new Error("hostile");
};

const entries: Record<string, (body: (own: Timeout) => unknown, options?: TimeoutOptions) => Promise<unknown>> = {
  timeout: (body, options) => timeout(60_000, body, options),
  "timeout without a limit": (body, options) => timeout(null, body, options),
  timeoutAt: (body, options) => timeoutAt(now() + 60_000, body, options),
  moveOnAfter: (body, options) => moveOnAfter(60_000, body, options),
  moveOnAt: (body, options) => moveOnAt(now() + 60_000, body, options),
};

/** Values that may be thrown: each is passed on unchanged. */
const thrown: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a number that is not itself", () => NaN],
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

describe.each(Object.entries(entries))("the body of %s", (_entry, run) => {
  it.each(hostileThenables)("the body may return a thenable that %s", async (_, thenable, expected) => {
    using parent = new CancelScope();
    const ended = run(() => thenable(), { parent });
    if ("value" in expected) expect(await ended).toBe(expected.value);
    else await expect(ended).rejects.toEqual(expected.error);
  });

  it.each(thrown)(
    "the body may throw %s, or reject with it, and the error is passed on unchanged (O3)",
    async (_, make) => {
      using parent = new CancelScope();
      const value = make();
      const throwing = (): never => {
        throw value;
      };
      for (const body of [throwing, () => Promise.reject(value)]) {
        let isSame: boolean | undefined;
        await run(body, { parent }).catch((error: unknown) => {
          isSame = Object.is(error, value);
        });
        expect(isSame).toBe(true);
      }
    },
  );

  it("a body whose thenable calls back late is waited for, although it was cancelled long before (O1)", async () => {
    using parent = new CancelScope();
    let callBack!: (value: unknown) => void;
    let ended = false;
    const running = run(() => ({ then: (f: (value: unknown) => void) => (callBack = f) }), { parent }).finally(
      () => (ended = true),
    );
    parent.cancel();
    await settled();
    expect(ended).toBe(false);
    callBack("late");
    expect(await running).toBe("late");
  });

  it.each<[string, () => unknown]>([
    ["undefined", () => undefined],
    ["a promise", () => Promise.resolve()],
    ["a proxy that refuses everything", () => new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise })],
  ])("a body that is not a function is refused: %s", (_, make) => {
    using parent = new CancelScope();
    expect(() => run(make() as () => void, { parent })).toThrow(/must be a function, got/);
  });

  it.each<[string, TimeoutOptions]>([
    ["parent", { parent: {} as never }],
    ["name", { name: 1 as never }],
    ["clock", { clock: { now: () => 0 } as never }],
  ])("the body is not called if the %s is wrong", (name, options) => {
    let called = false;
    expect(() => run(() => (called = true), options)).toThrow(new RegExp(name));
    expect(called).toBe(false);
  });

  it.each(["parent", "name", "clock"])(
    "the body is not called if reading the %s throws, and nothing is left",
    (name) => {
      using parent = new CancelScope();
      let called = false;
      const unread = Object.defineProperty({ parent }, name, { get: raise });
      expect(() => run(() => (called = true), unread)).toThrow("hostile");
      expect(called).toBe(false);
    },
  );

  it("the options may have no prototype, be frozen, or be a proxy", async () => {
    using parent = new CancelScope();
    const options: TimeoutOptions = { parent, name: "n" };
    for (const odd of [
      Object.assign(Object.create(null) as object, options),
      Object.freeze({ ...options }),
      new Proxy(options, {}),
    ]) {
      expect(await run(({ scope }) => scope.name, odd)).toBe("n");
    }
  });

  it("the body may throw at once, cancel its scope, and reschedule, in any order (O4, O6)", async () => {
    const ended = run((own) => {
      own.scope.cancel();
      expect(() => own.reschedule(1)).toThrow("cancelled");
      throw own.scope.reason;
    });
    await expect(ended).rejects.toMatchObject({ name: "AbortError" });
    await run((own) => {
      own.reschedule(null);
      own.reschedule(now() + 1_000_000);
      own.reschedule(Infinity);
      expect(own.when()).toBeNull();
    });
  });
});

describe("the time of a timeout", () => {
  it.each<[string, unknown]>([
    ["NaN", NaN],
    ["undefined", undefined],
    ["a string", "5"],
    ["a bigint", 5n],
    ["a date", new Date()],
    ["an object that cannot be made a number", Object.create(null)],
  ])("a time that is %s is refused before the body is called, and by reschedule (O5)", async (_, time) => {
    let called = false;
    for (const entry of [timeout, timeoutAt, moveOnAfter, moveOnAt]) {
      expect(() => entry(time as number, () => (called = true))).toThrow(/must be a number of milliseconds, got/);
    }
    expect(called).toBe(false);
    await timeout(60_000, (own) => {
      const before = own.when();
      expect(() => own.reschedule(time as number)).toThrow(/must be a number of milliseconds, got/);
      expect(own.when()).toBe(before);
    });
  });

  it.each([-Infinity, -1, -0, Number.MIN_VALUE, 2 ** 31, Number.MAX_VALUE, Infinity])(
    "a time may be any other number: %d (O5)",
    async (time) => {
      expect(await timeout(time, async () => "value")).toBe("value");
      expect(await moveOnAt(time, async () => "value")).toBe("value");
    },
  );
});

describe("deeply nested timeouts", () => {
  it("100,000 nested timeouts can be cancelled as one, each through the one in it (O4)", async () => {
    using parent = new CancelScope();
    let inner = parent;
    let waitFor!: (nested: Promise<unknown>) => void;
    const nest = (): Promise<unknown> =>
      moveOnAfter(60_000, ({ scope }) => ((inner = scope), new Promise((resolve) => (waitFor = resolve))), {
        parent: inner,
      });
    const outermost = nest();
    for (let depth = 1; depth < 100_000; depth++) {
      const wait = waitFor;
      wait(nest());
    }
    waitFor(inner.sleep(Infinity));
    parent.cancel();
    await expect(outermost).rejects.toSatisfy((error) => error === parent.reason);
  });
});

describe("options that are not an object", () => {
  it.each([null, 5_000, "name", Symbol("options"), () => {}] as never[])(
    "options that are not an object are refused: %o",
    (options) => {
      const body = (): never => expect.unreachable();
      for (const call of [timeout, timeoutAt, moveOnAfter, moveOnAt, shield]) {
        expect(() => call(1_000, body, options)).toThrow(/^The options must be an object, got /);
      }
    },
  );

  it("options may be left out, except those of shield, which say whose cancellation must not reach the body (O8)", async () => {
    const body = (): never => expect.unreachable();
    const call = shield as unknown as (ms: number, body: () => unknown, options?: undefined) => Promise<unknown>;
    for (const run of [() => call(5, body), () => call(5, body, undefined)]) {
      expect(run).toThrow(new TypeError("The options must be an object with a parent, got undefined."));
    }
    for (const run of [timeout, timeoutAt, moveOnAfter, moveOnAt]) {
      expect(await run(now() + 60_000, () => "value", undefined)).toBe("value");
    }
  });
});

describe("a scope or a signal in place of options", () => {
  const entries: readonly (readonly [string, (options: never) => unknown])[] = [
    ["timeout", (options) => timeout(1, () => expect.unreachable(), options)],
    ["timeoutAt", (options) => timeoutAt(1, () => expect.unreachable(), options)],
    ["moveOnAfter", (options) => moveOnAfter(1, () => expect.unreachable(), options)],
    ["moveOnAt", (options) => moveOnAt(1, () => expect.unreachable(), options)],
    ["shield", (options) => shield(1, () => expect.unreachable(), options)],
  ];
  describe.each(entries)("%s", (_, call) => {
    it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_, options, message) => {
      expect(() => call(options)).toThrow(new TypeError(message));
    });
  });
});
