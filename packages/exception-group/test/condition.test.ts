import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type Condition, ExceptionGroup, split, subgroup } from "../src/index.js";

const [t1, r1] = [new TypeError("t1"), new RangeError("r1")];
const group = new ExceptionGroup("g", [t1, r1, "text"]);

/** The members of the group that a condition selects. */
function selected(condition: Condition): readonly unknown[] {
  return subgroup(group, condition)?.errors ?? [];
}

describe("Condition", () => {
  it("a condition may be a class, matched by instanceof (E3)", () => {
    expect(selected(TypeError)).toEqual([t1]);
    class Odd extends Error {
      static override [Symbol.hasInstance](value: unknown): boolean {
        return value === "text";
      }
    }
    expect(selected(Odd)).toEqual(["text"]);
  });

  it("a condition may be an array of classes, of which one has to match (E3)", () => {
    expect(selected([RangeError, TypeError])).toEqual([t1, r1]);
    expect(selected([])).toEqual([]);
  });

  it("a condition may be a predicate: an arrow function, a function, a method, a bound or a callable object (E3)", () => {
    class Text {
      readonly text = "text";
      matches(error: unknown): boolean {
        return error === this.text;
      }
    }
    const text = new Text();
    expect(selected((error) => text.matches(error))).toEqual(["text"]);
    expect(selected(text.matches.bind(text))).toEqual(["text"]);
    expect(
      selected(function (error) {
        return error === "text";
      }),
    ).toEqual(["text"]);
    expect(selected(new Proxy((error: unknown) => error === "text", {}))).toEqual(["text"]);
  });

  it("a condition is a class if and only if its prototype is or inherits from Error.prototype (E3)", () => {
    expect(subgroup(group, Error)).toBe(group);
    function Old(): boolean {
      throw new Error("called");
    }
    Old.prototype = Object.create(TypeError.prototype) as object;
    expect(selected(Old as unknown as typeof Error)).toEqual([]);
    function asked(error: unknown): boolean {
      return error === "text";
    }
    asked.prototype = Object.create({ message: "no error" }) as object;
    expect(selected(asked)).toEqual(["text"]);
    // A class that is not an error class is a predicate, and cannot be called.
    expect(() => selected(Map as unknown as () => boolean)).toThrow(TypeError);
  });

  it("a condition treats error classes of other realms as classes (E3)", () => {
    const foreign = runInNewContext(
      "({ TypeError, Mine: class extends TypeError {}, error: new TypeError('foreign') })",
    ) as { TypeError: typeof TypeError; Mine: typeof TypeError; error: unknown };
    const both = new ExceptionGroup("g", [t1, foreign.error]);
    expect(subgroup(both, foreign.TypeError)?.errors).toEqual([foreign.error]);
    expect(subgroup(both, TypeError)?.errors).toEqual([t1]);
    expect(subgroup(both, foreign.Mine)).toBe(null);
  });

  it.each([[undefined], [null], [42], ["TypeError"], [{}], [t1], [[TypeError, 42]], [[() => true]], [[undefined]]])(
    "a condition cannot be any other value: %o (E3)",
    (condition) => {
      expect(() => split(group, condition as Condition)).toThrow(TypeError);
      expect(() => split(group, condition as Condition)).toThrow(/expected a condition: .*; got/);
      expect(() => subgroup("naked", condition as Condition)).toThrow(TypeError);
    },
  );

  it("a condition does not match values that instanceof cannot inspect (E2)", () => {
    const { proxy, revoke } = Proxy.revocable(new TypeError("revoked"), {});
    const hostile = new ExceptionGroup("g", [proxy, t1]);
    revoke();
    const [match, rest] = split(hostile, TypeError);
    expect(match?.errors).toEqual([t1]);
    expect(rest?.errors.length).toBe(1);
    expect(rest?.errors[0] === proxy).toBe(true);
  });
});
