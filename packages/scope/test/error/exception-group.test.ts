import { inspect } from "node:util";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { ExceptionGroup } from "@selvage/scope";

/** Calls the constructor as untyped code does. */
function construct(...args: unknown[]): ExceptionGroup {
  return new (ExceptionGroup as unknown as new (...args: unknown[]) => ExceptionGroup)(...args);
}

describe("ExceptionGroup", () => {
  it("an ExceptionGroup is an AggregateError and an Error (E1)", () => {
    const group = new ExceptionGroup("two", [new Error("a"), new Error("b")]);
    expect(group).toBeInstanceOf(ExceptionGroup);
    expect(group).toBeInstanceOf(AggregateError);
    expect(group).toBeInstanceOf(Error);
    expect(Object.prototype.toString.call(group)).toBe("[object Error]");
  });

  it("an ExceptionGroup keeps its message, even if it is empty (E1)", () => {
    expect(new ExceptionGroup("what happened", [1]).message).toBe("what happened");
    expect(new ExceptionGroup("", [1]).message).toBe("");
  });

  it("an ExceptionGroup without a message states the number of its members (E1)", () => {
    expect(new ExceptionGroup(undefined, ["a", "b", "c"]).message).toBe("3 errors");
    expect(new ExceptionGroup(undefined, ["a"]).message).toBe("1 error");
  });

  it.each([[null], [42], [{}], [Symbol("message")], [true]])(
    "the constructor throws for a message that is neither a string nor undefined: %o (E1)",
    (message) => {
      expect(() => construct(message, [new Error("a")])).toThrow(TypeError);
      expect(() => construct(message, [new Error("a")])).toThrow(
        /expects a message that is a string or undefined, got/,
      );
    },
  );

  it("the constructor states the order of its arguments if they are in AggregateError's order (E1)", () => {
    expect(() => construct([new Error("a")], "message")).toThrow(/got an array; it comes before the errors/);
  });

  it.each([
    ["an empty array", []],
    ["an empty set", new Set()],
    [
      "an empty generator",
      (function* () {
        yield* [];
      })(),
    ],
  ])("the constructor throws for an empty list of errors: %s (E1)", (_, errors) => {
    expect(() => construct("none", errors)).toThrow(TypeError);
    expect(() => construct("none", errors)).toThrow(/at least one error, got none/);
  });

  it.each([[undefined], [null], [42], [{}], [{ length: 1, 0: "a" }], [new Error("a")], [() => []]])(
    "the constructor throws for errors that are not iterable: %o (E1)",
    (errors) => {
      expect(() => construct("message", errors)).toThrow(TypeError);
      expect(() => construct("message", errors)).toThrow(/expects an iterable of errors, got/);
    },
  );

  it("the constructor throws for a string as errors, although it is iterable (E1)", () => {
    expect(() => construct("message", "boom")).toThrow(TypeError);
    expect(() => construct("message", "boom")).toThrow(/expects an iterable of errors, got "boom"/);
  });

  it("the constructor throws if it gets too few arguments (E1)", () => {
    expect(() => construct()).toThrow(TypeError);
    expect(() => construct("message")).toThrow(TypeError);
  });

  it("the constructor passes on what an iterator throws (E1)", () => {
    const broken = new RangeError("no more");
    const errors = (function* () {
      yield new Error("a");
      throw broken;
    })();
    expect(() => new ExceptionGroup("message", errors)).toThrow(broken);
  });

  it("an ExceptionGroup keeps the identity, the order and the duplicates of its members (E1)", () => {
    const [a, b] = [new Error("a"), new Error("b")];
    const { errors } = new ExceptionGroup("three", [b, a, b]);
    expect(errors).toHaveLength(3);
    expect([errors[0] === b, errors[1] === a, errors[2] === b]).toEqual([true, true, true]);
  });

  it("the constructor accepts any iterable, and reads it once (E1)", () => {
    let begun = 0;
    const errors = {
      *[Symbol.iterator]() {
        begun++;
        yield "a";
        yield "b";
      },
    };
    expect(new ExceptionGroup("two", errors).errors).toEqual(["a", "b"]);
    expect(begun).toBe(1);
    expect(new ExceptionGroup("one", new Set(["a"])).errors).toEqual(["a"]);
  });

  it("an ExceptionGroup accepts any thrown value as a member (E1)", () => {
    const thrown = [undefined, null, 0, "", false, Symbol("s"), 1n, {}, [], () => {}, Error, Object.create(null)];
    expect(new ExceptionGroup("all", thrown).errors).toEqual(thrown);
  });

  it("an ExceptionGroup copies its errors, so that later changes of the given list have no effect (E1)", () => {
    const given = [new Error("a")];
    const group = new ExceptionGroup("one", given);
    given.push(new Error("b"));
    expect(group.errors).toHaveLength(1);
    expect(Object.isFrozen(given)).toBe(false);
  });

  it("the errors of an ExceptionGroup cannot be changed or replaced (E1)", () => {
    const group = new ExceptionGroup("one", ["a"]) as { errors: unknown };
    expect(Object.isFrozen(group.errors)).toBe(true);
    expect(() => (group.errors as unknown[]).push("b")).toThrow(TypeError);
    expect(() => (group.errors = [])).toThrow(TypeError);
    expect(() => Object.defineProperty(group, "errors", { value: [] })).toThrow(TypeError);
    expect(() => delete group.errors).toThrow(TypeError);
  });

  it("the errors of an ExceptionGroup are an own property that is not enumerable, as in an AggregateError (E1)", () => {
    const group = new ExceptionGroup("one", ["a"]);
    expect(Object.hasOwn(group, "errors")).toBe(true);
    expect(Object.keys(group)).toEqual([]);
    expect(inspect(new ExceptionGroup("one", [new Error("a member")]))).toContain("a member");
  });

  it("an ExceptionGroup has the given cause, and otherwise none (E1)", () => {
    const cause = new Error("why");
    expect(new ExceptionGroup("one", ["a"], { cause }).cause).toBe(cause);
    expect("cause" in new ExceptionGroup("one", ["a"])).toBe(false);
    expect("cause" in new ExceptionGroup("one", ["a"], {})).toBe(false);
    expect(Object.hasOwn(new ExceptionGroup("one", ["a"], { cause: undefined }), "cause")).toBe(true);
  });

  it("the name ExceptionGroup is on the prototype and not enumerable (E1)", () => {
    const group = new ExceptionGroup("one", ["a"]);
    expect(group.name).toBe("ExceptionGroup");
    expect(Object.hasOwn(group, "name")).toBe(false);
    expect(Object.keys(ExceptionGroup.prototype)).toEqual([]);
    expect(String(group)).toBe("ExceptionGroup: one");
    expect(group.stack).toMatch(/^ExceptionGroup: one\n/);
  });

  it("a subclass of ExceptionGroup can set its name by assignment (E1)", () => {
    class Failures extends ExceptionGroup {
      constructor(errors: Iterable<unknown>) {
        super("failures", errors);
        this.name = "Failures";
      }
    }
    expect(String(new Failures(["a"]))).toBe("Failures: failures");
  });

  it("an ExceptionGroup has a brand by which other copies of the package recognise it (E1)", () => {
    const brand = Symbol.for("@selvage/scope/ExceptionGroup");
    expect(brand in new ExceptionGroup("one", ["a"])).toBe(true);
    expect(Object.hasOwn(ExceptionGroup.prototype, brand)).toBe(true);
  });

  it("the type of an ExceptionGroup includes the type of its members (E1)", () => {
    const group = new ExceptionGroup("two", [new TypeError("a"), "b"]);
    expectTypeOf(group).toEqualTypeOf<ExceptionGroup<TypeError | string>>();
    expectTypeOf(group.errors).toEqualTypeOf<readonly (TypeError | string)[]>();
    expectTypeOf(group).toExtend<Error>();
    expectTypeOf(group).toExtend<ExceptionGroup>();
    expectTypeOf<ExceptionGroup["errors"]>().toEqualTypeOf<readonly unknown[]>();
  });
});

describe("ExceptionGroup.derive", () => {
  it("derive makes a group of other members with the same message and cause (E3)", () => {
    const cause = new Error("why");
    const group = new ExceptionGroup("two", ["a", "b"], { cause });
    const derived = group.derive(["c"]);
    expect(derived).not.toBe(group);
    expect([derived.message, derived.errors, derived.cause]).toEqual(["two", ["c"], cause]);
    expect(group.errors).toEqual(["a", "b"]);
  });

  it("derive sets no cause if there is none (E3)", () => {
    expect("cause" in new ExceptionGroup("one", ["a"]).derive(["b"])).toBe(false);
  });

  it("derive throws for an empty list of errors (E1)", () => {
    expect(() => new ExceptionGroup("one", ["a"]).derive([])).toThrow(TypeError);
  });

  it("derive makes a plain group if a subclass does not override it, without calling the subclass's constructor (E3)", () => {
    class Failures extends ExceptionGroup {
      constructor(code: number) {
        super("failures", [`code ${code}`]);
      }
    }
    const derived = new Failures(1).derive(["b"]);
    expect(Object.getPrototypeOf(derived)).toBe(ExceptionGroup.prototype);
    expect([derived.message, derived.errors]).toEqual(["failures", ["b"]]);
  });

  it("derive keeps the class and the fields of a subclass that overrides it (E3)", () => {
    class Failures extends ExceptionGroup {
      readonly code: number;
      constructor(message: string, errors: Iterable<unknown>, code: number) {
        super(message, errors);
        this.code = code;
      }
      override derive(errors: Iterable<unknown>): Failures {
        return new Failures(this.message, errors, this.code);
      }
    }
    const derived = new Failures("failures", ["a"], 42).derive(["b"]);
    expectTypeOf(derived).toEqualTypeOf<Failures>();
    expect(derived).toBeInstanceOf(Failures);
    expect([derived.code, derived.errors]).toEqual([42, ["b"]]);
  });
});
