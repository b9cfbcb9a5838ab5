import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, ExceptionGroup, isCancellation } from "@selvage/scope";
import { brand, TIMEOUT_ERROR } from "@selvage/scope/lowlevel";
import { stackless } from "./stackless.js";

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

/** As Node 24's own, which older platforms do not have. */
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

/** What is asked, of no scope, of a cancelled one, of a live one. */
const verdicts: [what: string, error: unknown, alone: boolean, cancelledScope: boolean][] = [
  ["the scope's reason", reason, true, true],
  ["another scope's CancelledError", foreign, true, true], // abort-shaped, as `name` says
  ["an error caused by the reason", wrap(reason), true, true],
  ["one caused by it at 1,000 removes", wrap(reason, 1_000), true, true],
  ["one caused by another scope's CancelledError", wrap(foreign), true, false],
  ["the platform's AbortError", abort, false, true],
  ["an error named AbortError", Object.assign(new Error(), { name: "AbortError" }), false, true],
  ["one with code ABORT_ERR", coded("ABORT_ERR"), false, true],
  ["one with code ERR_CANCELED", coded("ERR_CANCELED"), false, true],
  ["one with code UND_ERR_ABORTED", coded("UND_ERR_ABORTED"), false, true],
  ["one with another code", coded("ECONNRESET"), false, false],
  ["an error caused by the platform's AbortError", wrap(abort), false, false],
  ["an AbortError caused by the reason", withCause(new DOMException("cut", "AbortError"), reason), true, true],
  ["an AbortError caused by a failure", withCause(new DOMException("cut", "AbortError"), failure), false, true],
  ["a failure", failure, false, false],
  ["an error caused by a failure", wrap(failure), false, false],
  ["a branded TimeoutError", new BrandedTimeout("late"), false, false],
  ["one caused by the reason", new BrandedTimeout("late", { cause: reason }), false, false],
  ["an error caused by one that is caused by it", wrap(new BrandedTimeout("late", { cause: reason })), false, false],
  [
    "a branded TimeoutError named AbortError",
    Object.assign(new BrandedTimeout(), { name: "AbortError" }),
    false,
    false,
  ],
  ["the platform's TimeoutError", new DOMException("late", "TimeoutError"), false, false],
  ["an aggregate of the reason alone", new AggregateError([reason]), true, true],
  ["an aggregate of it and another's", new AggregateError([reason, foreign]), true, true],
  ["an aggregate of it and the platform's", new AggregateError([reason, abort]), false, true],
  ["an aggregate of the platform's alone", new AggregateError([abort]), false, true],
  ["an aggregate of it and a failure", new AggregateError([reason, failure]), false, false],
  ["an aggregate of it and a TimeoutError", new AggregateError([reason, new BrandedTimeout()]), false, false],
  ["an aggregate of it and no error", new AggregateError([reason, "text"]), false, false],
  ["an empty aggregate", new AggregateError([]), false, false],
  ["an aggregate of it and an empty one", new AggregateError([reason, new AggregateError([])]), false, false],
  ["an aggregate of failures caused by it", withCause(new AggregateError([failure]), reason), false, false],
  ["an empty aggregate caused by it", withCause(new AggregateError([]), reason), false, false],
  [
    "an aggregate of a failure, named AbortError",
    Object.assign(new AggregateError([failure]), { name: "AbortError" }),
    false,
    false,
  ],
  ["an aggregate of it caused by a failure", withCause(new AggregateError([reason]), failure), true, true],
  ["an aggregate of what is caused by it", new AggregateError([wrap(reason), wrap(reason, 3)]), true, true],
  ["nested aggregates of it", new AggregateError([new AggregateError([reason]), reason]), true, true],
  ["an ExceptionGroup of it", new ExceptionGroup("cut", [reason, new ExceptionGroup("cut", [reason])]), true, true],
  ["an ExceptionGroup with a failure", new ExceptionGroup("mixed", [reason, failure]), false, false],
  ["an error caused by an aggregate of it", wrap(new AggregateError([reason])), true, true],
  ["an error caused by an aggregate of the platform's", wrap(new AggregateError([abort])), false, false],
  ["a SuppressedError of it twice", suppressed(reason, reason), true, true],
  ["a SuppressedError of it and an aggregate", suppressed(new AggregateError([reason]), wrap(reason)), true, true],
  ["a SuppressedError of a failure", suppressed(failure, reason), false, false],
  ["a SuppressedError that hides a failure", suppressed(reason, failure), false, false],
  ["a cycle of causes", cyclic, false, false],
  ["an error that causes itself", selfCaused, false, false],
  ["an aggregate of it and itself", cyclicGroup, true, true],
  ["an aggregate of nothing but itself", emptyCycle, false, false],
  ["text", "AbortError", false, false],
  ["undefined", undefined, false, false],
  ["null", null, false, false],
  ["a number", 20, false, false],
  ["a function", () => {}, false, false],
  ["an object that looks like an abort", { name: "AbortError" }, false, true],
];

describe("isCancellation", () => {
  it.each(verdicts)("knows %s (S15)", (_, error, alone, withScope) => {
    expect({ alone: isCancellation(error), withScope: isCancellation(error, scope) }).toEqual({ alone, withScope });
  });

  it.each(verdicts)("finds a failure while the scope is not cancelled: %s (S15)", (_, error) => {
    expect(isCancellation(error, live)).toBe(false);
  });

  it("looks at the clock: a deadline that has passed makes a cancelled scope (S9, S15)", () => {
    let time = 0;
    const late = new CancelScope({ clock: { now: () => time, setTimer: () => 0, clearTimer: () => {} }, deadline: 1 });
    expect(isCancellation(abort, late)).toBe(false);
    time = 1;
    expect(isCancellation(abort, late)).toBe(true);
  });

  it("knows what an ancestor's cancellation is to a scope (S15)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    parent.cancel();
    expect(isCancellation(parent.reason, child)).toBe(true);
    expect(isCancellation(wrap(parent.reason), child)).toBe(true);
    expect(isCancellation(wrap(reason), child)).toBe(false);
  });

  it("judges a group that is both a member and a cause by the stricter of the two, in either order (S15)", () => {
    const aborts = new AggregateError([abort]);
    expect(isCancellation(new AggregateError([aborts, aborts]), scope)).toBe(true);
    expect(isCancellation(new AggregateError([wrap(aborts), aborts]), scope)).toBe(false);
    expect(isCancellation(new AggregateError([aborts, wrap(aborts)]), scope)).toBe(false);
  });

  it("follows 100,000 causes, and 100,000 groups in each other (S15)", () => {
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

  it("goes round a cycle of causes a few times at most (S15)", () => {
    let reads = 0;
    const ring = Array.from({ length: 5 }, () => new Error("link"));
    ring.forEach((link, index) =>
      Object.defineProperty(link, "cause", { get: () => (reads++, ring[(index + 1) % ring.length]) }),
    );
    expect(isCancellation(ring[0])).toBe(false);
    expect(reads).toBeLessThan(4 * ring.length);
  });

  it("goes through a group that contains itself by many ways once (S15)", () => {
    let group: unknown = reason;
    for (let i = 0; i < 60; i++) group = new AggregateError([group, group]); // 2^60 ways to the reason
    expect(isCancellation(group)).toBe(true);
  });

  describe("never throws, and ends (S15)", () => {
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
      ["errors that are no list", Object.assign(new AggregateError([]), { errors: "text" })],
      ["a SuppressedError that throws", Object.defineProperty(suppressed(1, 2), "suppressed", { get: raise })],
      ["an object without a prototype", Object.create(null)],
    ];

    it.each(hostile)("given %s", (_, error) => {
      expect(isCancellation(error)).toBe(false);
      expect(isCancellation(error, scope)).toBe(false);
      expect(isCancellation(new AggregateError([reason, error]), scope)).toBe(false);
    });

    it("given a function, which is no error, whatever it is called or carries", () => {
      class AbortError {}
      for (const value of [AbortError, Object.assign(() => {}, { cause: reason, code: "ABORT_ERR" })]) {
        expect([isCancellation(value), isCancellation(value, scope)]).toEqual([false, false]);
      }
    });

    it("given causes or groups without end", () => {
      expect([isCancellation(endless()), isCancellation(endlessGroups())]).toEqual([false, false]);
    });
  });

  it("agrees with a recursive reading of the rule on random errors (S15)", () => {
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
