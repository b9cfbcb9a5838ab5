import { runInNewContext } from "node:vm";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { type Clause, except, exceptAsync, ExceptionGroup, leaves, on } from "../src/index.js";

function ignore(): void {}

describe("on", () => {
  class Failures extends ExceptionGroup {}
  class Aggregates extends AggregateError {}

  it.each([[ExceptionGroup], [AggregateError], [Failures], [Aggregates]])(
    "on refuses a class of groups: %o (E6)",
    (groups) => {
      expect(() => on(groups as unknown as typeof Error, ignore)).toThrow(TypeError);
      expect(() => on([TypeError, groups as unknown as typeof Error], ignore)).toThrow(TypeError);
      expect(() => on(groups as unknown as typeof Error, ignore)).toThrow(/class of single errors, got .*plain catch/);
    },
  );

  it("on refuses a class of groups of another realm (E6)", () => {
    const foreign = runInNewContext("AggregateError") as typeof Error;
    expect(() => on(foreign, ignore)).toThrow(TypeError);
  });

  it("on accepts predicates of groups, and the superclass of groups (E6)", () => {
    const group = new ExceptionGroup("g", ["a"]);
    except(
      group,
      on((error) => error instanceof ExceptionGroup, ignore),
    );
    except(group, on(Error, ignore));
  });

  it.each([
    [undefined],
    [null],
    [42],
    ["TypeError"],
    [{}],
    [new Error("an instance")],
    [[TypeError, 42]],
    [[() => true]],
  ])("on refuses a value that is not a condition: %o (E6)", (condition) => {
    expect(() => on(condition as typeof Error, ignore)).toThrow(TypeError);
    expect(() => on(condition as typeof Error, ignore)).toThrow(/expected a condition/);
  });

  it.each([[undefined], [null], ["handler"], [{}]])(
    "on refuses a handler that is not a function: %o (E6)",
    (handler) => {
      expect(() => on(TypeError, handler as unknown as () => void)).toThrow(TypeError);
      expect(() => on(TypeError, handler as unknown as () => void)).toThrow(/the handler must be a function, got/);
    },
  );

  it("a clause exposes nothing, and never changes (E4)", () => {
    const classes = [TypeError];
    const given: unknown[] = [];
    const clause = on(classes, (group) => void given.push(...group.errors));
    classes.length = 0;
    const error = new TypeError("t");
    except(error, clause);
    expect(given).toEqual([error]);
  });

  it("a class types the handler's group (E6)", () => {
    on(TypeError, (group) => {
      expectTypeOf(group).toEqualTypeOf<ExceptionGroup<TypeError>>();
      expectTypeOf(group.errors).toEqualTypeOf<readonly TypeError[]>();
    });
    class Coded extends Error {
      code = 1;
    }
    on(Coded, (group) => {
      expectTypeOf(group.errors).toEqualTypeOf<readonly Coded[]>();
      for (const error of leaves(group)) expectTypeOf(error).toEqualTypeOf<Coded>();
    });
  });

  it("a class with a private constructor types the handler's group (E6)", () => {
    class Sealed extends Error {
      readonly seal = true;
      private constructor() {
        super("sealed");
      }
      static make(): Sealed {
        return new Sealed();
      }
    }
    const seals: boolean[] = [];
    except(
      Sealed.make(),
      on(Sealed, (group) => {
        expectTypeOf(group.errors).toEqualTypeOf<readonly Sealed[]>();
        seals.push(group.errors[0]!.seal);
      }),
    );
    expect(seals).toEqual([true]);
  });

  it("several classes type the handler's group as their union (E6)", () => {
    class Coded extends Error {
      code = 1;
    }
    class Named extends Error {
      label = "";
    }
    on([Coded, Named], (group) => expectTypeOf(group.errors).toEqualTypeOf<readonly (Coded | Named)[]>());
    const classes = [Coded, Named];
    on(classes, (group) => expectTypeOf(group.errors).toEqualTypeOf<readonly (Coded | Named)[]>());
  });

  it("a type guard types the handler's group, and no other predicate does (E6)", () => {
    const isText = (error: unknown): error is string => typeof error === "string";
    on(isText, (group) => expectTypeOf(group.errors).toEqualTypeOf<readonly string[]>());
    on(
      (error) => error instanceof TypeError,
      (group) => expectTypeOf(group.errors).toEqualTypeOf<readonly TypeError[]>(),
    );
    on(
      (error) => error !== 1,
      (group) => expectTypeOf(group.errors).toEqualTypeOf<readonly unknown[]>(),
    );
  });

  it("the clause's type shows whether its handler is asynchronous (E6)", () => {
    expectTypeOf(on(TypeError, ignore)).toEqualTypeOf<Clause<false>>();
    expectTypeOf(on(TypeError, async () => {})).toEqualTypeOf<Clause<true>>();
    expectTypeOf(on(TypeError, (): void | Promise<void> => undefined)).toEqualTypeOf<Clause>();
    expectTypeOf(exceptAsync).toBeCallableWith(
      1,
      on(TypeError, ignore),
      on(TypeError, async () => {}),
    );
  });

  it("on refuses other classes and predicates at compile time (E6)", () => {
    // @ts-expect-error: not a class of errors
    on(Map, ignore);
    // @ts-expect-error: classes only
    expect(() => on([TypeError, () => true], ignore)).toThrow(TypeError);
    // @ts-expect-error: a predicate returns a boolean, synchronously
    on(async () => true, ignore);
    // @ts-expect-error: a predicate gets any thrown value
    on((error: Error) => error.message === "", ignore);
  });
});
