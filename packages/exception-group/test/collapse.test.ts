import { expectTypeOf } from "expect-type";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collapse, ExceptionGroup, leaves } from "../src/index.js";
import { deepGroup } from "./outline.js";
import { randomGroup } from "./random-group.js";
import { withoutStacks } from "./without-stacks.js";

const error = new Error("only");

describe("collapse", () => {
  it("collapse returns the only leaf of a group of one (E7)", () => {
    expect(collapse(new ExceptionGroup("g", [error]))).toBe(error);
    expect(collapse(new AggregateError([undefined]))).toBe(undefined);
    expectTypeOf(collapse(error)).toEqualTypeOf<unknown>();
  });

  it("collapse returns the only leaf through nested groups of one (E7)", () => {
    expect(collapse(new ExceptionGroup("g", [new AggregateError([new ExceptionGroup("h", [error])])]))).toBe(error);
  });

  it.each([
    ["a group of two", new ExceptionGroup("g", [1, 2])],
    ["a group of one error, twice", new ExceptionGroup("g", [error, error])],
    ["a group of one group of two", new ExceptionGroup("g", [new ExceptionGroup("h", [1, 2])])],
    ["a group of an error and an empty group", new ExceptionGroup("g", [error, new AggregateError([])])],
    ["an empty group", new AggregateError([])],
    ["an error", error],
    ["text", "text"],
    ["nothing", undefined],
  ])("collapse returns anything else unchanged: %s (E7)", (_, unchanged) => {
    expect(collapse(unchanged)).toBe(unchanged);
  });

  it("collapse returns an empty group that is the only leaf (E7)", () => {
    const empty = new AggregateError([]);
    expect(collapse(new ExceptionGroup("g", [empty]))).toBe(empty);
  });

  it("collapse ends if a group contains itself (E7)", () => {
    const cyclic = new AggregateError([]);
    cyclic.errors.push(cyclic);
    expect(collapse(cyclic)).toBe(cyclic);
    cyclic.errors.push(error);
    expect(collapse(cyclic)).toBe(error);
  });

  it(
    "collapse works 100,000 deep (E7)",
    withoutStacks(() => {
      expect(collapse(deepGroup(error, 100_000))).toBe(error);
    }),
  );

  it("collapse returns the only leaf of any group, or the group (E7)", () => {
    fc.assert(
      fc.property(randomGroup, (group) => {
        const found = [...leaves(group as unknown)];
        expect(collapse(group)).toBe(found.length === 1 ? found[0] : group);
      }),
    );
  });
});
