import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, ExceptionGroup, isCancellation } from "@selvage/scope";
import { brand, TIMEOUT_ERROR } from "@selvage/scope/internal";
import { stackless } from "../stackless.js";

class BrandedTimeout extends Error {
  static {
    brand(this, TIMEOUT_ERROR);
  }
}

const scope = new CancelScope();
scope.cancel("why");
const reason = scope.reason!;
const other = new CancelScope();
other.cancel();
const foreign = other.reason!;
const live = new CancelScope();
const failure = new Error("failure");
const abort = new DOMException("cut", "AbortError");

function wrap(error: unknown, times = 1): unknown {
  let wrapped = error;
  for (let i = 0; i < times; i++) wrapped = new Error(`wrapper ${i}`, { cause: wrapped });
  return wrapped;
}

function withCause(error: object, cause: unknown): object {
  return Object.defineProperty(error, "cause", { value: cause });
}

/** Like Node 24's SuppressedError, which older platforms do not have. */
function suppressed(error: unknown, hidden: unknown): Error {
  return Object.assign(new Error("suppressed"), { name: "SuppressedError", error, suppressed: hidden });
}

function coded(code: string): Error {
  return Object.assign(new Error("coded"), { code });
}

const cyclic = new Error("cyclic");
cyclic.cause = new Error("link", { cause: new Error("link", { cause: cyclic }) });
const selfCaused = new Error("self-caused");
selfCaused.cause = selfCaused;
const cyclicGroup = new AggregateError([]);
cyclicGroup.errors.push(reason, cyclicGroup);
const emptyCycle = new AggregateError([]);
emptyCycle.errors.push(new AggregateError([emptyCycle]));

/** The verdict on each error without a scope, and with a cancelled one. With a live scope it is always false. */
const verdicts: [what: string, error: unknown, alone: boolean, cancelledScope: boolean][] = [
  ["the scope's reason", reason, true, true],
  ["another scope's CancelledError", foreign, true, true], // It has the name of an abort.
  ["an error caused by the reason", wrap(reason), true, true],
  ["an error with the reason 1,000 causes below", wrap(reason, 1_000), true, true],
  ["an error caused by another scope's CancelledError", wrap(foreign), true, false],
  ["the platform's AbortError", abort, false, true],
  ["an error named AbortError", Object.assign(new Error(), { name: "AbortError" }), false, true],
  ["an error with code ABORT_ERR", coded("ABORT_ERR"), false, true],
  ["an error with code ERR_CANCELED", coded("ERR_CANCELED"), false, true],
  ["an error with code UND_ERR_ABORTED", coded("UND_ERR_ABORTED"), false, true],
  ["an error with code ERR_STREAM_PREMATURE_CLOSE", coded("ERR_STREAM_PREMATURE_CLOSE"), false, true],
  ["an error with code ECANCELED", coded("ECANCELED"), false, true],
  ["an error with code ECANCELLED", coded("ECANCELLED"), false, true],
  ["an error with code 57014", coded("57014"), false, true],
  ["an error with the number 57014 as code", Object.assign(new Error(), { code: 57014 }), false, false],
  ["an error with another code", coded("ECONNRESET"), false, false],
  [
    "the code ECONNRESET with the message aborted",
    Object.assign(new Error("aborted"), { code: "ECONNRESET" }),
    false,
    true,
  ],
  [
    "the code ECONNRESET with the message socket hang up",
    Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }),
    false,
    true,
  ],
  [
    "the code ECONNRESET with the message read ECONNRESET",
    Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
    false,
    false,
  ],
  ["the message aborted without a code", new Error("aborted"), false, false],
  ["the code EPIPE with the message aborted", Object.assign(new Error("aborted"), { code: "EPIPE" }), false, false],
  ["an error of the class APIUserAbortError", new (class APIUserAbortError extends Error {})("x"), false, true],
  ["the message Request was aborted.", new Error("Request was aborted."), false, true],
  ["a similar message", new Error("Request was aborted"), false, false],
  ["an error caused by a shape", wrap(coded("57014")), false, false],
  ["an error caused by the platform's AbortError", wrap(abort), false, false],
  ["an AbortError caused by the reason", withCause(new DOMException("cut", "AbortError"), reason), true, true],
  ["an AbortError caused by a failure", withCause(new DOMException("cut", "AbortError"), failure), false, true],
  ["a failure", failure, false, false],
  ["an error caused by a failure", wrap(failure), false, false],
  ["a branded TimeoutError", new BrandedTimeout("late"), false, false],
  ["a branded TimeoutError caused by the reason", new BrandedTimeout("late", { cause: reason }), false, false],
  [
    "an error caused by a TimeoutError that is caused by the reason",
    wrap(new BrandedTimeout("late", { cause: reason })),
    false,
    false,
  ],
  [
    "a branded TimeoutError named AbortError",
    Object.assign(new BrandedTimeout(), { name: "AbortError" }),
    false,
    false,
  ],
  ["the platform's TimeoutError", new DOMException("late", "TimeoutError"), false, false],
  ["an aggregate of the reason alone", new AggregateError([reason]), true, true],
  ["an aggregate of the reason and that of another scope", new AggregateError([reason, foreign]), true, true],
  ["an aggregate of the reason and a platform AbortError", new AggregateError([reason, abort]), false, true],
  ["an aggregate of a platform AbortError alone", new AggregateError([abort]), false, true],
  ["an aggregate of the reason and a failure", new AggregateError([reason, failure]), false, false],
  ["an aggregate of the reason and a TimeoutError", new AggregateError([reason, new BrandedTimeout()]), false, false],
  ["an aggregate of the reason and a string", new AggregateError([reason, "text"]), false, false],
  ["an empty aggregate", new AggregateError([]), false, false],
  [
    "an aggregate of the reason and an empty aggregate",
    new AggregateError([reason, new AggregateError([])]),
    false,
    false,
  ],
  ["an aggregate of failures caused by the reason", withCause(new AggregateError([failure]), reason), false, false],
  ["an empty aggregate caused by the reason", withCause(new AggregateError([]), reason), false, false],
  [
    "an aggregate of a failure, named AbortError",
    Object.assign(new AggregateError([failure]), { name: "AbortError" }),
    false,
    false,
  ],
  ["an aggregate of the reason caused by a failure", withCause(new AggregateError([reason]), failure), true, true],
  ["an aggregate of errors caused by the reason", new AggregateError([wrap(reason), wrap(reason, 3)]), true, true],
  ["nested aggregates of the reason", new AggregateError([new AggregateError([reason]), reason]), true, true],
  [
    "an ExceptionGroup of the reason",
    new ExceptionGroup("cut", [reason, new ExceptionGroup("cut", [reason])]),
    true,
    true,
  ],
  ["an ExceptionGroup with a failure", new ExceptionGroup("mixed", [reason, failure]), false, false],
  ["an error caused by an aggregate of the reason", wrap(new AggregateError([reason])), true, true],
  ["an error caused by an aggregate of a platform AbortError", wrap(new AggregateError([abort])), false, false],
  ["a SuppressedError of the reason twice", suppressed(reason, reason), true, true],
  [
    "a SuppressedError of the reason and an aggregate",
    suppressed(new AggregateError([reason]), wrap(reason)),
    true,
    true,
  ],
  ["a SuppressedError of a failure", suppressed(failure, reason), false, false],
  ["a SuppressedError that hides a failure", suppressed(reason, failure), false, false],
  ["a cycle of causes", cyclic, false, false],
  ["an error that causes itself", selfCaused, false, false],
  ["an aggregate of the reason and itself", cyclicGroup, true, true],
  ["an aggregate of nothing but itself", emptyCycle, false, false],
  ["text", "AbortError", false, false],
  ["undefined", undefined, false, false],
  ["null", null, false, false],
  ["a number", 20, false, false],
  ["a function", () => {}, false, false],
  ["an object that looks like an abort", { name: "AbortError" }, false, true],
];

describe("isCancellation", () => {
  it.each(verdicts)("isCancellation classifies %s (S15)", (_, error, alone, withScope) => {
    expect({ alone: isCancellation(error), withScope: isCancellation(error, scope) }).toEqual({ alone, withScope });
  });

  it.each(verdicts)("isCancellation is false while the scope is not cancelled: %s (S15)", (_, error) => {
    expect(isCancellation(error, live)).toBe(false);
  });

  it("isCancellation checks the clock: a passed deadline makes the scope cancelled (S9, S15)", () => {
    let time = 0;
    const late = new CancelScope({ clock: { now: () => time, setTimer: () => 0, clearTimer: () => {} }, deadline: 1 });
    expect(isCancellation(abort, late)).toBe(false);
    time = 1;
    expect(isCancellation(abort, late)).toBe(true);
  });

  it("isCancellation accepts an ancestor's cancellation of the scope (S15)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    parent.cancel();
    expect(isCancellation(parent.reason, child)).toBe(true);
    expect(isCancellation(wrap(parent.reason), child)).toBe(true);
    expect(isCancellation(wrap(reason), child)).toBe(false);
  });

  describe("isCancellation in a scope that a signal cancelled (S8, S15)", () => {
    function cancelledBy(signalReason: unknown): CancelScope {
      const controller = new AbortController();
      const outer = new CancelScope({ parent: controller.signal });
      const inner = new CancelScope({ parent: new CancelScope({ parent: outer }) });
      controller.abort(signalReason);
      return inner;
    }

    it.each<[string, object]>([
      ["an Error", new Error("the client left")],
      ["the platform's TimeoutError", new DOMException("late", "TimeoutError")],
      ["an object", { code: 1 }],
      ["an aggregate of a failure", new AggregateError([failure])],
    ])(
      "isCancellation accepts the signal's own reason, and an error with it as cause at any depth: %s",
      (_, signalReason) => {
        const scope = cancelledBy(signalReason);
        expect(isCancellation(signalReason, scope)).toBe(true);
        expect(isCancellation(wrap(signalReason, 1_000), scope)).toBe(true);
        expect(isCancellation(new AggregateError([signalReason, wrap(signalReason, 2)]), scope)).toBe(true);
        expect(isCancellation(signalReason)).toBe(false);
        expect(isCancellation(new AggregateError([signalReason, failure]), scope)).toBe(false);
      },
    );

    it("isCancellation does not accept a signal's reason that is not an object, or an equal object", () => {
      expect(isCancellation("left", cancelledBy("left"))).toBe(false);
      expect(isCancellation(new Error("left"), cancelledBy(new Error("left")))).toBe(false);
    });

    it("isCancellation does not accept the argument of cancel(), because it is not a signal's reason", () => {
      const scope = new CancelScope();
      scope.cancel(failure);
      expect(isCancellation(failure, scope)).toBe(false);
    });

    it("a branded TimeoutError is a failure even if it is the signal's reason", () => {
      const late = new BrandedTimeout("late");
      expect(isCancellation(late, cancelledBy(late))).toBe(false);
    });
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["an index, which Array.prototype.every passes", 0],
    ["a signal", new AbortController().signal],
    ["an object", {}],
    ["text", "scope"],
    ["a function", () => {}],
  ])("isCancellation throws a TypeError if the scope is neither a scope nor undefined: %s (S15)", (_, wrong) => {
    const call = () => isCancellation(failure, wrong as CancelScope);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/^The scope must be a CancelScope or undefined, got /);
  });

  it("a group that is both a member and a cause is classified by the stricter of the two rules, in either order (S15)", () => {
    const aborts = new AggregateError([abort]);
    expect(isCancellation(new AggregateError([aborts, aborts]), scope)).toBe(true);
    expect(isCancellation(new AggregateError([wrap(aborts), aborts]), scope)).toBe(false);
    expect(isCancellation(new AggregateError([aborts, wrap(aborts)]), scope)).toBe(false);
  });

  it("isCancellation follows 100,000 causes, and 100,000 nested groups (S15)", () => {
    const [caused, failed] = stackless(() => [wrap(reason, 100_000), wrap(failure, 100_000)]);
    expect([isCancellation(caused), isCancellation(failed)]).toEqual([true, false]);
    const nested = stackless(() => {
      let group: unknown = reason;
      for (let i = 0; i < 100_000; i++) group = new AggregateError([group]);
      return group;
    });
    expect(isCancellation(nested, scope)).toBe(true);
    expect(isCancellation(new AggregateError(Array(100_000).fill(reason)))).toBe(true);
  });

  it("isCancellation follows a cycle of causes a few times at most (S15)", () => {
    let reads = 0;
    const ring = Array.from({ length: 5 }, () => new Error("link"));
    ring.forEach((link, index) =>
      Object.defineProperty(link, "cause", { get: () => (reads++, ring[(index + 1) % ring.length]) }),
    );
    expect(isCancellation(ring[0])).toBe(false);
    expect(reads).toBeLessThan(4 * ring.length);
  });

  it("isCancellation visits a group once that contains itself in many ways (S15)", () => {
    let group: unknown = reason;
    for (let i = 0; i < 60; i++) group = new AggregateError([group, group]); // 2^60 paths to the reason.
    expect(isCancellation(group)).toBe(true);
  });

  describe("isCancellation called at every level of a tree 100,000 deep (S15)", () => {
    const levels: [string, (error: unknown) => unknown][] = [
      ["ExceptionGroups", (error) => new ExceptionGroup("level", [error])],
      ["AggregateErrors", (error) => new AggregateError([error])],
      ["groups with siblings", (error) => new ExceptionGroup("level", [reason, error, abort])],
      ["causes and groups", (error) => new Error("level", { cause: new AggregateError([error]) })],
    ];
    it.each(levels)(
      "isCancellation takes linear time at every level of %s around a cancellation and around a failure",
      (_, next) => {
        stackless(() => {
          for (const [leaf, expected] of [
            [reason, true],
            [new Error("cleanup failed"), false],
          ] as const) {
            let error: unknown = leaf;
            for (let level = 0; level < 100_000; level++) {
              error = next(error);
              if (isCancellation(error, scope) !== expected) expect(level).toBe("another verdict");
            }
            expect(isCancellation(error, scope)).toBe(expected);
          }
        });
      },
    );

    it("isCancellation without a scope takes linear time at every level of groups around a CancelledError", () => {
      stackless(() => {
        let error: unknown = reason;
        for (let level = 0; level < 100_000; level++) {
          error = new ExceptionGroup("level", [error]);
          if (!isCancellation(error)) expect(level).toBe("another verdict");
        }
      });
    });
  });

  it("isCancellation notices that an aggregate, or an error in one, has changed since it was classified (S15)", () => {
    const inner = new AggregateError([reason]);
    const outer = new ExceptionGroup("outer", [inner, ...Array<unknown>(100).fill(reason)]);
    expect(isCancellation(outer, scope)).toBe(true);
    inner.errors.push(failure);
    expect(isCancellation(outer, scope)).toBe(false);
    inner.errors.pop();
    const leaf = new Error("leaf");
    inner.errors.push(leaf);
    expect(isCancellation(outer, scope)).toBe(false);
    leaf.cause = reason;
    expect(isCancellation(outer, scope)).toBe(true);
  });

  it("isCancellation keeps the verdicts of different scopes apart (S15)", () => {
    let mine: unknown = reason;
    for (let i = 0; i < 100; i++) mine = new ExceptionGroup("level", [new Error("level", { cause: mine })]);
    expect([isCancellation(mine, scope), isCancellation(mine, other), isCancellation(mine)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([isCancellation(mine, scope), isCancellation(mine, other), isCancellation(mine)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("isCancellation follows causes that many members share once (S15)", () => {
    const shared = stackless(() => wrap(reason, 50_000));
    const members = stackless(() => Array.from({ length: 10_000 }, () => new Error("member", { cause: shared })));
    expect(isCancellation(new AggregateError(members), scope)).toBe(true);
  });

  it("isCancellation classifies a group of a million members (S15)", () => {
    expect(isCancellation(new AggregateError(Array<unknown>(1_000_000).fill(reason)), scope)).toBe(true);
  });

  describe("isCancellation with hostile values (S15)", () => {
    const raise = (): never => {
      throw new Error("hostile");
    };
    const endless = (): object => new Proxy({}, { get: (_, key) => (key === "cause" ? endless() : undefined) });
    const aggregate = new AggregateError([]);
    const endlessGroups = (): object =>
      new Proxy(aggregate, { get: (_, key) => key === "errors" && [endlessGroups()] });
    const hostile: [string, unknown][] = [
      ["a proxy that refuses everything", new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise })],
      ["a proxy of an aggregate that refuses", new Proxy(new AggregateError([reason]), { get: raise })],
      ["a revoked proxy", revoked()],
      ["a cause that throws", Object.defineProperty(new Error(), "cause", { get: raise })],
      ["a name that throws", Object.defineProperty(new Error(), "name", { get: raise })],
      ["a code that throws", Object.defineProperty(new Error(), "code", { get: raise })],
      ["errors that throw", Object.defineProperty(new AggregateError([reason]), "errors", { get: raise })],
      [
        "errors that cannot be iterated",
        Object.assign(new AggregateError([]), { errors: new Proxy([reason], { get: raise }) }),
      ],
      ["errors that are not a list", Object.assign(new AggregateError([]), { errors: "text" })],
      ["a SuppressedError that throws", Object.defineProperty(suppressed(1, 2), "suppressed", { get: raise })],
      ["an object without a prototype", Object.create(null)],
    ];

    it.each(hostile)("isCancellation ends and does not throw for %s", (_, error) => {
      expect(isCancellation(error)).toBe(false);
      expect(isCancellation(error, scope)).toBe(false);
      expect(isCancellation(new AggregateError([reason, error]), scope)).toBe(false);
    });

    it("isCancellation is false for a function, whatever its name and properties are", () => {
      class AbortError {}
      for (const value of [AbortError, Object.assign(() => {}, { cause: reason, code: "ABORT_ERR" })]) {
        expect([isCancellation(value), isCancellation(value, scope)]).toEqual([false, false]);
      }
    });

    it("isCancellation ends on groups that a getter extends without end, by a thousand members each time", () => {
      const wide = (): object =>
        new Proxy(aggregate, { get: (_, key) => key === "errors" && Array.from({ length: 1_000 }, wide) });
      class Wide extends AggregateError {
        constructor() {
          super([]);
          Object.defineProperty(this, "errors", { get: () => Array.from({ length: 1_000 }, () => new Wide()) });
        }
      }
      const fork = (): object => new Proxy(new Error(), { get: (_, key) => key === "cause" && wide() });
      const hasEndless = stackless(() => [wide(), new Wide(), fork()].map((error) => isCancellation(error, scope)));
      expect(hasEndless).toEqual([false, false, false]);
    });

    it("isCancellation ends on an array without end", () => {
      let length = 1;
      const growing = new Proxy([reason], { get: (_, key) => (key === "length" ? length++ : reason) });
      const huge = new Proxy([reason], { get: (_, key) => (key === "length" ? 2 ** 32 - 1 : reason) });
      const iterated = Object.assign([reason], {
        *[Symbol.iterator]() {
          for (;;) yield reason;
        },
      });
      const verdicts = [growing, huge, iterated].map((errors) =>
        isCancellation(Object.assign(new AggregateError([]), { errors }), scope),
      );
      expect(verdicts).toEqual([true, false, true]);
    });

    it("isCancellation ends on causes or groups without end", () => {
      expect([isCancellation(endless()), isCancellation(endlessGroups())]).toEqual([false, false]);
    });
  });

  it("isCancellation agrees with a recursive implementation of the rule on random errors (S15)", () => {
    const leaf = fc.constantFrom<unknown>(reason, foreign, abort, failure, "text", undefined);
    const { error } = fc.letrec<{ error: unknown }>((tie) => ({
      error: fc.oneof(
        { maxDepth: 6, depthSize: "medium" },
        leaf,
        tie("error").map((cause) => new Error("wrapper", { cause })),
        tie("error").map((cause) => withCause(new DOMException("cut", "AbortError"), cause)),
        tie("error").map((cause) => new BrandedTimeout("late", { cause })),
        fc.array(tie("error"), { maxLength: 3 }).map((errors) => new AggregateError(errors)),
        fc.tuple(tie("error"), tie("error")).map(([one, two]) => suppressed(one, two)),
      ),
    }));
    fc.assert(
      fc.property(error, (error) => {
        expect(isCancellation(error)).toBe(naive(error, isOurs, isOurs));
        expect(isCancellation(error, scope)).toBe(naive(error, isAbortOrReason, (link) => link === reason));
        expect(isCancellation(error, live)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

type Test = (link: object) => boolean;

const isOurs: Test = (link) => link === reason || link === foreign;
const isAbortOrReason: Test = (link) => link === reason || (link as Error).name === "AbortError";

function naive(error: unknown, isOne: Test, isCause: Test): boolean {
  if (typeof error !== "object" || error === null || error instanceof BrandedTimeout) return false;
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every((member) => naive(member, isOne, isCause));
  }
  if ("suppressed" in error) {
    return [(error as { error?: unknown }).error, error.suppressed].every((member) => naive(member, isOne, isCause));
  }
  return isOne(error) || naive((error as Error).cause, isCause, isCause);
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
