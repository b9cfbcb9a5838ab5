import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { ExceptionGroup, leaves } from "../src/index.js";
import { deepGroup } from "./outline.js";
import { withoutStacks } from "./without-stacks.js";

describe("leaves", () => {
  it("leaves yields the leaves depth first, in order, duplicates included (E2)", () => {
    const inner = new ExceptionGroup("h", ["b", new ExceptionGroup("i", ["c", "a"]), "d"]);
    expect([...leaves(new ExceptionGroup("g", ["a", inner, "e", inner]))]).toEqual([
      "a",
      "b",
      "c",
      "a",
      "d",
      "e",
      "b",
      "c",
      "a",
      "d",
    ]);
  });

  it.each([[new Error("naked")], ["text"], [undefined], [null], [new AggregateError([])]])(
    "leaves yields an error that is not a group: %o (E2)",
    (error) => {
      expect([...leaves(error)]).toEqual([error]);
    },
  );

  it("leaves is a generator, and can be left early (E2)", () => {
    const found = leaves(new ExceptionGroup("g", ["a", "b"]));
    expect(found.next()).toEqual({ value: "a", done: false });
    expect(found.return()).toEqual({ value: undefined, done: true });
    expect([...found]).toEqual([]);
  });

  it("leaves ends if a group contains itself (E2)", () => {
    const cyclic = new AggregateError(["a"]);
    cyclic.errors.push(new AggregateError([cyclic, "b"]), cyclic);
    expect([...leaves(cyclic)]).toEqual(["a", "b"]);
    const onlyItself = new AggregateError([]);
    onlyItself.errors.push(onlyItself);
    expect([...leaves(onlyItself)]).toEqual([onlyItself]);
  });

  it(
    "leaves works 100,000 deep and 200,000 wide (E3)",
    withoutStacks(() => {
      expect([...leaves(deepGroup("leaf", 100_000))]).toEqual(["leaf"]);
      let count = 0;
      for (const leaf of leaves(new ExceptionGroup("g", Array.from({ length: 200_000 }, String))))
        count += leaf.length ? 1 : 0;
      expect(count).toBe(200_000);
    }),
  );

  it("leaves types the leaves, through nested groups (E6)", () => {
    expectTypeOf(leaves(new ExceptionGroup("g", [new TypeError("t")]))).toEqualTypeOf<
      Generator<TypeError, void, undefined>
    >();
    const nested = new ExceptionGroup("g", ["a", new ExceptionGroup("h", [1])]);
    expectTypeOf(leaves(nested)).toEqualTypeOf<Generator<string | number, void, undefined>>();
    expectTypeOf(leaves(new Error("naked") as unknown)).toEqualTypeOf<Generator<unknown, void, undefined>>();
  });
});
