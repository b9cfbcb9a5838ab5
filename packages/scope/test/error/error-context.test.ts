import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { CancelScope, ExceptionGroup, isCancellation } from "@selvage/scope";
import { setContext } from "@selvage/scope/internal";

const scope = new CancelScope();
scope.cancel();
const reason = scope.reason!;
const group = new ExceptionGroup("handled", [new Error("leaf")]);

const raise = (): never => {
  throw new Error("hostile");
};

describe("setContext", () => {
  it("setContext makes the handled group the cause of a new error, with the property attributes that the platform uses (E5)", () => {
    const error = new TypeError("oops");
    setContext(error, group);
    expect(Object.getOwnPropertyDescriptor(error, "cause")).toEqual({
      value: group,
      writable: true,
      enumerable: false,
      configurable: true,
    });
    expect(Object.keys(error)).toEqual([]);
  });

  it("setContext leaves an error alone that has its own cause, even if the cause is undefined (E5)", () => {
    for (const cause of [reason, undefined]) {
      const error = new Error("oops", { cause });
      setContext(error, group);
      expect(error.cause).toBe(cause);
    }
  });

  it("setContext sets a cause if only the prototype has one (E5)", () => {
    class Odd extends Error {}
    Object.defineProperty(Odd.prototype, "cause", { value: "inherited" });
    const error = new Odd();
    setContext(error, group);
    expect(error.cause).toBe(group);
  });

  it("setContext leaves an error alone that is frozen, sealed or not extensible (E5)", () => {
    for (const close of [Object.freeze, Object.seal, Object.preventExtensions]) {
      const error = close(new Error("oops"));
      setContext(error, group);
      expect(error).not.toHaveProperty("cause");
    }
  });

  it("setContext leaves a value alone that is not an Error (E5)", () => {
    const object = { message: "not an error" };
    for (const thrown of ["text", undefined, null, 5, object, () => {}]) {
      expect(() => {
        setContext(thrown, group);
      }).not.toThrow();
    }
    expect(object).not.toHaveProperty("cause");
  });

  it("setContext leaves a CancelledError and a group alone (E5)", () => {
    const empty = new AggregateError([]);
    const other = new ExceptionGroup("other", [new Error("b")]);
    for (const error of [reason, empty, other]) {
      setContext(error, group);
      expect(error).not.toHaveProperty("cause");
    }
  });

  it("setContext leaves an error alone that is a leaf of the group, a cause of a leaf, or below a cause (E5)", () => {
    const leaf = new Error("leaf");
    const cause = new Error("cause");
    const deep = new Error("deep");
    const hidden = Object.assign(new Error("suppressed"), { name: "SuppressedError", error: deep, suppressed: 1 });
    const around = new ExceptionGroup("around", [
      new ExceptionGroup("inner", [leaf]),
      new Error("outer", { cause: new Error("middle", { cause }) }),
      new Error("outer", { cause: hidden }),
    ]);
    for (const error of [leaf, cause, deep]) {
      setContext(error, around);
      expect(error).not.toHaveProperty("cause");
    }
  });

  it("setContext ends on a cyclic group, and on a group 100,000 deep (E5)", () => {
    const cycle = new AggregateError([]);
    cycle.errors.push(cycle);
    let deep: unknown = new Error("leaf");
    for (let i = 0; i < 100_000; i++) deep = new AggregateError([deep]);
    for (const handled of [cycle, deep]) {
      const error = new Error("oops");
      setContext(error, handled);
      expect(error.cause).toBe(handled);
    }
  });

  it("setContext ends on a group that a getter extends without end, and sets no cause then (E5)", () => {
    const endless = (): object =>
      new Proxy(new AggregateError([]), {
        get: (target, key) =>
          key === "errors" ? Array.from({ length: 1_000 }, endless) : (Reflect.get(target, key) as unknown),
      });
    const error = new Error("oops");
    setContext(error, endless());
    expect(error).not.toHaveProperty("cause");
  });

  it("setContext never throws, however hostile the error or the group is (E5)", () => {
    const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
    revoke();
    const traps = [
      new Proxy(new Error("x"), { getPrototypeOf: raise }),
      new Proxy(new Error("x"), { defineProperty: raise }),
      new Proxy(new Error("x"), { defineProperty: () => false }),
      new Proxy(new Error("x"), { getOwnPropertyDescriptor: raise }),
      new Proxy(new Error("x"), { isExtensible: raise }),
      proxy,
    ];
    for (const hostile of traps) {
      expect(() => {
        setContext(hostile, group);
        setContext(new Error("x"), new ExceptionGroup("of it", [hostile]));
      }).not.toThrow();
    }
  });

  it("isCancellation does not follow a cause that setContext set, so a failure stays a failure (E5)", () => {
    const cancelled = new ExceptionGroup("cancelled", [reason]);
    const error = new TypeError("oops");
    setContext(error, cancelled);
    expect(error.cause).toBe(cancelled);
    expect([isCancellation(error), isCancellation(error, scope)]).toEqual([false, false]);
    expect(isCancellation(new Error("wrapped", { cause: error }), scope)).toBe(false);
  });

  it("setContext does not hide a cause that other code sets afterwards, or the shape of the error (E5)", () => {
    const cancelled = new ExceptionGroup("cancelled", [reason]);
    const error = new TypeError("oops");
    setContext(error, cancelled);
    error.cause = reason;
    expect(isCancellation(error, scope)).toBe(true);
    const abort = new DOMException("cut", "AbortError");
    setContext(abort, cancelled);
    expect([isCancellation(abort), isCancellation(abort, scope)]).toEqual([false, true]);
  });

  it("setContext makes the group the cause of an error of another realm, too (E5)", () => {
    const foreign = runInNewContext("new Error('x')") as Error;
    setContext(foreign, group);
    expect(foreign.cause).toBe(group);
  });
});
