import { expectTypeOf } from "expect-type";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExceptionGroup, leaves, split, subgroup } from "../src/index.js";
import { CodedGroup, deepGroup, outline, suppressedError } from "./outline.js";
import { randomGroup } from "./random-group.js";
import { withoutStacks } from "./without-stacks.js";

const [t1, t2, r1, r2] = [new TypeError("t1"), new TypeError("t2"), new RangeError("r1"), new RangeError("r2")];

/** Both halves of a split, as outlines. */
function halves(...args: Parameters<typeof split>): [match: string | null, rest: string | null] {
  const [match, rest] = split(...args);
  return [match && outline(match), rest && outline(rest)];
}

describe("split", () => {
  it("split divides a group by a class (E3)", () => {
    const group = new ExceptionGroup("g", [r1, t1, r2]);
    expect(halves(group, RangeError)).toEqual(["g(r1, r2)", "g(t1)"]);
    expect(halves(group, TypeError)).toEqual(["g(t1)", "g(r1, r2)"]);
  });

  it("split divides a group by several classes (E3)", () => {
    const group = new ExceptionGroup("g", [r1, t1, r2]);
    expect(halves(group, [RangeError, TypeError])).toEqual(["g(r1, t1, r2)", null]);
    expect(halves(group, [SyntaxError, RangeError])).toEqual(["g(r1, r2)", "g(t1)"]);
    expect(halves(group, [])).toEqual([null, "g(r1, t1, r2)"]);
  });

  it("split divides a group by a predicate (E3)", () => {
    const group = new ExceptionGroup("g", [r1, t1, r2]);
    expect(halves(group, (error) => error === r2 || error === t1)).toEqual(["g(t1, r2)", "g(r1)"]);
    expect(halves(group, () => false)).toEqual([null, "g(r1, t1, r2)"]);
  });

  it("split accepts members that are not errors (E3)", () => {
    const group = new ExceptionGroup("g", ["a", undefined, t1, null, 0]);
    expect(halves(group, (error) => !error)).toEqual(["g(undefined, null, 0)", "g(a, t1)"]);
    expect(halves(group, Error)).toEqual(["g(a, undefined, t1, null, 0)", null]); // the group is an Error
  });

  it("split keeps nesting and order (E3)", () => {
    const group = new ExceptionGroup("g", [
      t1,
      new ExceptionGroup("h", [r1, t2, new ExceptionGroup("i", [t1, r2])]),
      r2,
    ]);
    expect(halves(group, TypeError)).toEqual(["g(t1, h(t2, i(t1)))", "g(h(r1, i(r2)), r2)"]);
  });

  it("split removes groups that are emptied, and keeps groups of one (E3)", () => {
    const group = new ExceptionGroup("g", [
      new ExceptionGroup("h", [new ExceptionGroup("i", [r1]), new ExceptionGroup("j", [t1])]),
      new ExceptionGroup("k", [r2]),
    ]);
    expect(halves(group, TypeError)).toEqual(["g(h(j(t1)))", "g(h(i(r1)), k(r2))"]);
  });

  it("split puts every leaf, duplicates included, into exactly one half, as the same object (E3)", () => {
    const group = new ExceptionGroup("g", [t1, r1, t1, new ExceptionGroup("h", [r1, t1])]);
    const [match, rest] = split(group, TypeError);
    expect([...leaves(match)].every((leaf) => leaf === t1)).toBe(true);
    expect([...leaves(rest)].every((leaf) => leaf === r1)).toBe(true);
    expect(halves(group, TypeError)).toEqual(["g(t1, t1, h(t1))", "g(r1, h(r1))"]);
  });

  it("split may separate duplicates of one error, which are tested one by one (E3)", () => {
    let asked = 0;
    const group = new ExceptionGroup("g", [t1, t1, t1]);
    expect(halves(group, (error) => error === t1 && ++asked === 2)).toEqual(["g(t1)", "g(t1, t1)"]);
  });

  it("split tests the condition on a group first, then on its members, in order (E3)", () => {
    const inner = new ExceptionGroup("h", [t2]);
    const group = new ExceptionGroup("g", [t1, inner, r1]);
    const asked: unknown[] = [];
    split(group, (error) => {
      asked.push(error);
      return false;
    });
    expect(asked.map(outline)).toEqual(["g(t1, h(t2), r1)", "t1", "h(t2)", "t2", "r1"]);
    expect(asked[0]).toBe(group);
    expect(asked[2]).toBe(inner);
  });

  it("split takes a matching nested group whole, and does not test its members (E3)", () => {
    const inner = new ExceptionGroup("h", [t1, r1]);
    const asked: unknown[] = [];
    const [match, rest] = split(new ExceptionGroup("g", [r2, inner]), (error) => {
      asked.push(error);
      return error === inner;
    });
    expect(match?.errors[0]).toBe(inner);
    expect(match && outline(match)).toBe("g(h(t1, r1))");
    expect(rest && outline(rest)).toBe("g(r2)");
    expect(asked).not.toContain(t1);
  });

  it("split selects nested groups by their class (E3)", () => {
    const inner = new CodedGroup("h", [t1, r1], 1);
    expect(halves(new ExceptionGroup("g", [r2, inner]), CodedGroup)).toEqual(["g(h(t1, r1))", "g(r2)"]);
  });

  it("split returns the root itself if it matches (E3)", () => {
    const group = new ExceptionGroup("g", [t1, r1]);
    for (const condition of [Error, AggregateError, ExceptionGroup, [RangeError, Error], () => true]) {
      expect(split(group, condition)).toEqual([group, null]);
      expect(split(group, condition)[0]).toBe(group);
    }
    const foreign = new AggregateError([t1]);
    expect(split(foreign, Error)[0]).toBe(foreign);
  });

  it("split derives a new group if all leaves match but not their group, or none do (E3)", () => {
    const group = new ExceptionGroup("g", [t1]);
    const [match] = split(group, TypeError);
    const [, rest] = split(group, RangeError);
    expect([outline(match), outline(rest)]).toEqual(["g(t1)", "g(t1)"]);
    expect(match).not.toBe(group);
    expect(rest).not.toBe(group);
  });

  it("split copies message and cause at every level (E3)", () => {
    const [outerCause, innerCause] = [new Error("outer"), { inner: true }];
    const inner = new ExceptionGroup("h", [t1, r1], { cause: innerCause });
    for (const half of split(new ExceptionGroup("g", [inner], { cause: outerCause }), TypeError)) {
      expect(half?.message).toBe("g");
      expect(half?.cause).toBe(outerCause);
      expect((half?.errors[0] as ExceptionGroup).message).toBe("h");
      expect((half?.errors[0] as ExceptionGroup).cause).toBe(innerCause);
    }
  });

  it("split sets no cause if there was none (E3)", () => {
    for (const half of split(new ExceptionGroup("g", [t1, r1]), TypeError)) expect("cause" in half!).toBe(false);
  });

  it("split calls derive at every level, for each half, so that subclasses keep their fields (E3)", () => {
    const group = new CodedGroup("g", [r1, new CodedGroup("h", [t1, r2], 101), t2], 42);
    for (const half of split(group, TypeError)) {
      expect(half).toBeInstanceOf(CodedGroup);
      const inner = half!.errors.find((error) => error instanceof CodedGroup);
      expect([(half as CodedGroup).code, (inner as CodedGroup).code]).toEqual([42, 101]);
    }
  });

  it("split adds the cause that an overridden derive leaves out, and respects one that it sets (E3)", () => {
    class Recaused extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        return new Recaused(this.message, errors, { cause: "derived" });
      }
    }
    const coded = Object.assign(new CodedGroup("g", [t1, r1], 1), { cause: "given" });
    expect(split(coded, TypeError).map((half) => half?.cause)).toEqual(["given", "given"]);
    const recaused = new Recaused("g", [t1, r1], { cause: "given" });
    expect(split(recaused, TypeError).map((half) => half?.cause)).toEqual(["derived", "derived"]);
  });

  it("split accepts a derived group that is frozen, without the cause (E3)", () => {
    class Frozen extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        return Object.freeze(new Frozen(this.message, errors));
      }
    }
    expect(halves(new Frozen("g", [t1, r1], { cause: "given" }), TypeError)).toEqual(["g(t1)", "g(r1)"]);
  });

  it("split makes plain groups of a subclass without a derive, and never calls its constructor (E3)", () => {
    class Odd extends ExceptionGroup {
      constructor(code: number) {
        super("g", [t1, r1]);
        this.name = `Odd ${code}`;
      }
    }
    for (const half of split(new Odd(1), TypeError)) {
      expect(Object.getPrototypeOf(half)).toBe(ExceptionGroup.prototype);
      expect(half?.message).toBe("g");
    }
  });

  it.each([[undefined], [null], [42], ["group"], [[]], [new Error("no group")], [{ errors: [] }]])(
    "split refuses a derive that returns a value that is not a group: %o (E3)",
    (returned) => {
      class Broken extends ExceptionGroup {
        override derive(): ExceptionGroup {
          return returned as unknown as ExceptionGroup;
        }
      }
      const group = new ExceptionGroup("g", [new Broken("h", [t1, r1])]);
      expect(() => split(group, TypeError)).toThrow(TypeError);
      expect(() => split(group, TypeError)).toThrow(/derive to return an ExceptionGroup, got/);
      expect(() => subgroup(group, TypeError)).toThrow(TypeError);
      expect(() => split(group, SyntaxError)).toThrow(TypeError);
    },
  );

  it("split passes on what a predicate or a derive throws (E3)", () => {
    const broken = new Error("broken");
    class Broken extends ExceptionGroup {
      override derive(): ExceptionGroup {
        throw broken;
      }
    }
    expect(() => split(new Broken("g", [t1]), TypeError)).toThrow(broken);
    const predicate = (): boolean => {
      throw broken;
    };
    expect(() => split(new ExceptionGroup("g", [t1]), predicate)).toThrow(broken);
  });

  it("split makes ExceptionGroups of the halves of foreign groups (E2)", () => {
    const cause = new Error("why");
    const group = new AggregateError([t1, new AggregateError([r1, t2], "h")], "g", { cause });
    for (const half of split(group, TypeError)) {
      expect(half).toBeInstanceOf(ExceptionGroup);
      expect(half?.cause).toBe(cause);
      expect(half?.errors.at(-1)).toBeInstanceOf(ExceptionGroup);
    }
    expect(halves(group, TypeError)).toEqual(["g(t1, h(t2))", "g(h(r1))"]);
  });

  it("split divides the error with which Promise.any rejects (E2)", async () => {
    const error: unknown = await Promise.any([Promise.reject(t1), Promise.reject(r1)]).catch((error: unknown) => error);
    expect(halves(error, TypeError)).toEqual([`${(error as Error).message}(t1)`, `${(error as Error).message}(r1)`]);
  });

  it("split treats a SuppressedError as a group of its error and the suppressed one (E2)", () => {
    const error = suppressedError(t1, suppressedError(r1, t2));
    const message = "An error was suppressed during disposal.";
    expect(halves(error, TypeError)).toEqual([`${message}(t1, ${message}(t2))`, `${message}(${message}(r1))`]);
  });

  it("split treats an error that is not a group, or has no members, as a group of one (E2)", () => {
    expect(halves(t1, TypeError)).toEqual(["1 error(t1)", null]);
    expect(halves(t1, RangeError)).toEqual([null, "1 error(t1)"]);
    expect(halves("text", (error) => error === "text")).toEqual(["1 error(text)", null]);
    const empty = new AggregateError([], "empty");
    expect(split(empty, TypeError)[1]?.errors).toEqual([empty]);
    expect(split(new ExceptionGroup("g", [empty, t1]), AggregateError)[0]).not.toBe(null);
    expect(split(new AggregateError([empty, t1]), (error) => error === empty)[0]?.errors).toEqual([empty]);
  });

  it("split changes nothing of its argument, which may be frozen (E3)", () => {
    const inner = Object.freeze(new AggregateError(Object.freeze([t1, r1]), "h"));
    const group = Object.freeze(new ExceptionGroup("g", [inner, Object.freeze(new TypeError("frozen"))]));
    expect(halves(group, TypeError)).toEqual(["g(h(t1), frozen)", "g(h(r1))"]);
    expect(outline(group)).toBe("g(h(t1, r1), frozen)");
  });

  it("split drops a group that is its own member from itself (E3)", () => {
    const members: unknown[] = [t1, r1];
    const cyclic = new AggregateError([], "g");
    cyclic.errors = members;
    members.push(cyclic, new ExceptionGroup("h", [cyclic]), new ExceptionGroup("i", [t2, cyclic]));
    expect(halves(cyclic, TypeError)).toEqual(["g(t1, i(t2))", "g(r1)"]);
    const empty = new AggregateError([], "empty");
    empty.errors.push(empty);
    expect(split(empty, TypeError)[1]?.errors[0]).toBe(empty);
  });

  it("split divides a group that occurs twice, side by side, in both places (E3)", () => {
    const shared = new ExceptionGroup("h", [t1, r1]);
    expect(halves(new ExceptionGroup("g", [shared, shared]), TypeError)).toEqual([
      "g(h(t1), h(t1))",
      "g(h(r1), h(r1))",
    ]);
  });

  it(
    "split works 100,000 deep and 200,000 wide (E3)",
    withoutStacks(() => {
      const deep = deepGroup(t1, 100_000);
      let [match, rest] = split(deep, TypeError);
      expect(rest).toBe(null);
      let levels = 0;
      for (let error: unknown = match; error instanceof ExceptionGroup; error = error.errors[0]) levels++;
      expect(levels).toBe(100_000);
      [match, rest] = split(
        new ExceptionGroup(
          "wide",
          Array.from({ length: 200_000 }, (_, i) => (i % 2 ? t1 : r1)),
        ),
        TypeError,
      );
      expect([match?.errors.length, rest?.errors.length]).toEqual([100_000, 100_000]);
    }),
  );

  it("split types its halves by the condition (E3)", () => {
    class Coded extends Error {
      code = 1;
    }
    expectTypeOf(split(t1, Coded)).toEqualTypeOf<[match: ExceptionGroup<Coded> | null, rest: ExceptionGroup | null]>();
    expectTypeOf(split(t1, [Coded, SyntaxError])[0]).toEqualTypeOf<ExceptionGroup<Coded | SyntaxError> | null>();
    expectTypeOf(split(t1, () => true)[0]).toEqualTypeOf<ExceptionGroup | null>();
    expectTypeOf(split(t1, (error): error is Coded => error === 1)[0]).toEqualTypeOf<ExceptionGroup<Coded> | null>();
  });

  it("split divides any group as a recursive definition does (E3)", () => {
    const conditions = [
      (error: unknown) => error instanceof TypeError,
      (error: unknown) => error instanceof Error && /[t0h]/.test(error.message),
      (error: unknown) => !(error instanceof Error),
      (error: unknown) => error instanceof AggregateError && error.errors.length === 2,
    ];
    fc.assert(
      fc.property(randomGroup, fc.constantFrom(...conditions), (group, condition) => {
        const expected = [true, false].map((half) => outlineOfHalf(group, condition, half));
        expect(halves(group, condition)).toEqual(expected);
        expect(subgroup(group, condition)?.errors.map(outline)).toEqual(
          split(group, condition)[0]?.errors.map(outline),
        );
      }),
    );
  });

  it("split divides the leaves of any group without losing, doubling or reordering one (E3)", () => {
    fc.assert(
      fc.property(randomGroup, fc.func(fc.boolean()), (group, choose) => {
        const condition = (error: unknown): boolean => !(error instanceof AggregateError) && choose(error);
        const [match, rest] = split(group, condition);
        const all = [...leaves(group as unknown)];
        expect(match ? [...leaves(match)] : []).toEqual(all.filter(condition));
        expect(rest ? [...leaves(rest)] : []).toEqual(all.filter((leaf) => !condition(leaf)));
      }),
    );
  });
});

describe("subgroup", () => {
  it("subgroup is the first half of split, or null (E3)", () => {
    const group = new ExceptionGroup("g", [t1, new ExceptionGroup("h", [r1, t2])]);
    const match = subgroup(group, TypeError);
    expect(match && outline(match)).toBe("g(t1, h(t2))");
    expect(subgroup(group, SyntaxError)).toBe(null);
    expect(subgroup(group, Error)).toBe(group);
    expect(subgroup(t1, TypeError)?.errors).toEqual([t1]);
  });

  it("subgroup derives no groups that it does not return (E3)", () => {
    const derived: unknown[][] = [];
    class Counted extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        derived.push([...errors]);
        return super.derive(errors);
      }
    }
    subgroup(new Counted("g", [t1, r1]), TypeError);
    expect(derived).toEqual([[t1]]);
  });

  it(
    "subgroup works 100,000 deep (E3)",
    withoutStacks(() => {
      expect(subgroup(deepGroup(t1, 100_000), TypeError)).toBeInstanceOf(ExceptionGroup);
    }),
  );

  it("subgroup types its group by the condition (E3)", () => {
    expectTypeOf(subgroup(t1, TypeError)).toEqualTypeOf<ExceptionGroup<TypeError> | null>();
  });
});

/** The recursive definition: the half of an error that matches, or that does not. */
function outlineOfHalf(error: unknown, condition: (error: unknown) => boolean, half: boolean): string | null {
  if (condition(error)) return half ? outline(error) : null;
  if (!(error instanceof AggregateError)) return half ? null : outline(error);
  const members = error.errors.map((member) => outlineOfHalf(member, condition, half)).filter((part) => part !== null);
  return members.length > 0 ? `${error.message}(${members.join(", ")})` : null;
}

describe("the halves of a foreign group", () => {
  it("a half counts its errors if the foreign group's message is not a string (E1, E3)", () => {
    const foreign = Object.assign(new AggregateError([new TypeError("a"), "b"]), { message: 5 });
    const [match, rest] = split(foreign, TypeError);
    expect([match?.message, rest?.message]).toEqual(["1 error", "1 error"]);
  });

  it("a half has the foreign group's cause as an error made with that cause has it (E3)", () => {
    const cause = new Error("cause");
    const [match] = split(new AggregateError([new TypeError("a"), "b"], "foreign", { cause }), TypeError);
    const made = Object.getOwnPropertyDescriptor(new Error("made", { cause }), "cause");
    expect(Object.getOwnPropertyDescriptor(match, "cause")).toEqual(made);
  });
});
