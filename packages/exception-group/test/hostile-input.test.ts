/**
 * Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and
 * loses nothing.
 */
import { describe, expect, it } from "vitest";
import {
  collapse,
  type Condition,
  except,
  exceptAsync,
  ExceptionGroup,
  format,
  leaves,
  on,
  split,
  subgroup,
} from "../src/index.js";

const raise = (): never => {
  throw new Error("hostile");
};

/** Values that may be thrown: each is a leaf, and keeps its identity. */
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

/** An aggregate that contains itself is an endless group: all others are leaves. */
const leafKinds = thrown.filter(([, make]) => make !== selfContaining);

describe.each(leafKinds)("as a member of a group, %s", (_, make) => {
  const value = make();
  const group = new ExceptionGroup("group", [value, new TypeError("other")]);
  const isOther = (error: unknown): boolean => error === group.errors[1];
  const isSame = (error: unknown): boolean => Object.is(error, value);

  it("the member is a leaf, once, as itself (E1)", () => {
    const found = [...leaves(group)];
    expect(found.length).toBe(2);
    expect(isSame(found[0])).toBe(true);
  });

  it("the member lands in one half or in the other (E3)", () => {
    for (const condition of [TypeError, isOther] satisfies Condition[]) {
      const [match, rest] = split(group, condition);
      expect([match?.errors.length, rest?.errors.length]).toEqual([1, 1]);
      expect(isSame(rest!.errors[0])).toBe(true);
    }
    expect(isSame(subgroup(group, isSame)?.errors[0])).toBe(true);
  });

  it("except rethrows the member if no clause matches it, and passes it to the handler if one does (E4)", async () => {
    const left: unknown[] = [];
    const clause = on(TypeError, () => {});
    try {
      except(group, clause);
    } catch (error) {
      left.push(...(error as ExceptionGroup).errors);
    }
    await exceptAsync(group, clause).catch((error: unknown) => left.push(...(error as ExceptionGroup).errors));
    expect(left.map(isSame)).toEqual([true, true]);
    let handed: readonly unknown[] = [];
    except(
      group,
      clause,
      on(isSame, ({ errors }) => (handed = errors)),
    );
    expect(handed.map(isSame)).toEqual([true]);
  });

  it("a handler may throw the member, which is not lost (E5)", () => {
    const throwing = (): never => {
      throw value;
    };
    let caught: unknown[] = [];
    try {
      except(new TypeError("naked"), on(TypeError, throwing));
    } catch (error) {
      caught = [error];
    }
    expect(caught.map(isSame)).toEqual([true]);
  });

  it("a group of the member alone collapses to it (E7)", () => {
    expect(isSame(collapse(new ExceptionGroup("one", [value])))).toBe(true);
  });

  it("format prints the member (E7)", () => {
    expect(
      format(group, { color: false })
        .split("\n")
        .filter((line) => /^[├└]── \d/.test(line)),
    ).toHaveLength(2);
  });
});

describe("an aggregate that contains itself", () => {
  it("format prints an aggregate that contains itself, and ends (E7)", () => {
    expect(format(selfContaining(), { color: false })).toContain("[circular]");
  });
});

describe("the cause of an error", () => {
  it("a cause may be any value, and may lead back to the error (E7)", () => {
    for (const [, make] of thrown)
      expect(format(new Error("with a cause", { cause: make() }), { color: false })).toContain("with a cause");
    expect(format(cyclic(), { color: false })).toContain("[circular]");
  });
});

describe("a hostile condition", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a string", "TypeError"],
    ["an object", {}],
    ["an object without a prototype", Object.create(null)],
    ["an array of predicates", [() => true]],
    ["an array of names", ["TypeError"]],
    ["an array with a hole", [TypeError, , RangeError]], // eslint-disable-line no-sparse-arrays
  ])("a condition is refused if it is %s", (_, condition) => {
    for (const call of [
      () => split(new Error("no"), condition as () => boolean),
      () => subgroup(new Error("no"), condition as () => boolean),
      () => on(condition as () => boolean, () => {}),
    ]) {
      expect(call).toThrow(/^expected a condition/);
    }
  });

  it("an error that a condition throws is passed on: from split, and from except with the error itself (E5)", async () => {
    const error = new TypeError("the error");
    expect(() => split(error, raise)).toThrow("hostile");
    const group = await exceptAsync(
      error,
      on(raise, () => {}),
    ).catch((caught: unknown) => caught);
    expect((group as ExceptionGroup).errors.map(String)).toEqual(["TypeError: the error", "Error: hostile"]);
  });

  it("a condition may return any value, and only a truthy value matches", () => {
    const group = new ExceptionGroup("group", ["a", "b"]);
    for (const truthy of [1, "yes", {}, []]) expect(split(group, (() => truthy) as never)).toEqual([group, null]);
    for (const falsy of [0, "", null, undefined, NaN])
      expect(split(group, (() => falsy) as never)).toEqual([null, group]);
  });

  it("a condition may be reentrant and split the same group", () => {
    const group = new ExceptionGroup("group", [new TypeError("a"), "b"]);
    const [match] = split(group, (error) => !(error instanceof ExceptionGroup) && split(error, TypeError)[0] !== null);
    expect(match?.errors).toEqual([group.errors[0]]);
  });
});

describe("a hostile clause", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a function", raise],
    ["an object", {}],
    ["an array", [on(TypeError, () => {})]],
  ])("a clause that on() did not make is refused, with the error as cause: %s", async (got, clause) => {
    const error = new Error("the error");
    const message = `expected clauses made by on(condition, handler), got ${got}`;
    const complaint = expect.objectContaining({ name: "TypeError", message, cause: error }) as unknown;
    expect(() => {
      except(error, on(TypeError, raise), clause as never);
    }).toThrow(complaint);
    await expect((async () => exceptAsync(error, clause as never))()).rejects.toEqual(complaint);
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a promise", Promise.resolve()],
    ["an object", {}],
  ])("a handler is refused if it is %s", (_, handler) => {
    expect(() => on(TypeError, handler as () => void)).toThrow(/must be a function, got/);
  });

  it.each<[string, () => unknown]>([
    ["rejects", () => ({ then: (_: unknown, g: (e: unknown) => void) => g(new Error("late")) })],
    ["throws", () => ({ then: () => raise() })],
    ["cannot be read", () => Object.defineProperty({}, "then", { get: raise })],
  ])(
    "a handler may return a thenable that %s: exceptAsync passes that on, except refuses it (E5)",
    async (_, thenable) => {
      const clause = on(TypeError, thenable);
      await expect(exceptAsync(new TypeError("no"), clause)).rejects.toThrow(/late|hostile/);
      expect(() => {
        except(new TypeError("no"), clause);
      }).toThrow(/exceptAsync|hostile/);
    },
  );
});

describe("a hostile ExceptionGroup", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a number", 1],
    ["an object", {}],
    ["an empty array", []],
    ["an iterator that never was one", { [Symbol.iterator]: () => ({}) }],
  ])("a group is refused if its errors are %s (E1)", (_, errors) => {
    expect(() => new ExceptionGroup("group", errors as [])).toThrow(TypeError);
  });

  it.each<[string, unknown]>([
    ["a number", 1],
    ["null", null],
    ["an object", {}],
    ["a symbol", Symbol("message")],
  ])("a group is refused if its message is %s (E1)", (_, message) => {
    expect(() => new ExceptionGroup(message as string, [1])).toThrow(TypeError);
  });

  it("an error of the errors' iterator is passed on", () => {
    expect(() => new ExceptionGroup("group", { [Symbol.iterator]: raise })).toThrow("hostile");
  });

  it.each([1, 2, 3, 4, 5, 6])(
    "a derive may throw at call number %d: no error that was not handled is lost (E5)",
    (time) => {
      let calls = 0;
      class Unreliable extends ExceptionGroup {
        override derive(errors: Iterable<unknown>): ExceptionGroup {
          if (++calls === time) throw new Error("derive");
          return new Unreliable(this.message, errors);
        }
      }
      const error = new Unreliable("group", [new TypeError("a"), new RangeError("b"), "c"]);
      let handled: readonly unknown[] = [];
      const take = on(TypeError, ({ errors }) => void (handled = errors));
      const putBack = on(RangeError, (group) => {
        throw group;
      });
      let caught: unknown;
      try {
        except(error, take, putBack);
      } catch (thrown) {
        caught = thrown;
      }
      const found = [...leaves(caught), ...handled];
      expect(found).toEqual(expect.arrayContaining([...error.errors]));
      expect(found.map(String).includes("Error: derive")).toBe(calls >= time);
    },
  );

  it("a derive that returns a value that is not a group is reported, and no error is lost (E3, E5)", () => {
    class Odd extends ExceptionGroup {
      override derive(): never {
        return { errors: [] } as never;
      }
    }
    const odd = new Odd("odd", [new TypeError("a"), "b"]);
    expect(() => split(odd, TypeError)).toThrow(TypeError);
    let caught: unknown;
    try {
      except(
        odd,
        on(TypeError, () => {}),
      );
    } catch (error) {
      caught = error;
    }
    expect([...leaves(caught)]).toEqual(expect.arrayContaining([...odd.errors]));
  });
});

describe("hostile options of format", () => {
  it("an error that reading the options throws is passed on", () => {
    for (const name of ["maxDepth", "color"]) {
      expect(() => format(new Error("no"), Object.defineProperty({}, name, { get: raise }))).toThrow("hostile");
    }
  });
});
