/** What all functions that take groups apart have in common: the names of tasks are kept, and trees are finite. */
import { describe, expect, it } from "vitest";
import { ownerError } from "@selvage/scope/internal";
import { collapse, except, ExceptionGroup, leaves, on, split, subgroup } from "../src/index.js";
import { thrownBy } from "./outline.js";

const [t1, t2, r1, r2] = [new TypeError("t1"), new TypeError("t2"), new RangeError("r1"), new RangeError("r2")];

/** A group of a group, as owners throw them. */
function owned(): ExceptionGroup {
  const inner = ownerError("TaskGroup", "inner", [
    { error: r2, task: "d" },
    { error: t2, task: "e" },
  ]);
  const failures = [
    { error: t1, task: "a" },
    { error: r1, task: undefined },
    { error: inner, task: "c" },
    { error: t1, task: "again" },
  ];
  return ownerError("TaskGroup", "outer", failures, ["unwound"]);
}

function tasksOf(group: ExceptionGroup | null | undefined): unknown {
  return group?.errors.map((error, index) => [
    group.tasks[index],
    error instanceof ExceptionGroup ? tasksOf(error) : error,
  ]);
}

describe("the names of a group's tasks", () => {
  it("the names of tasks are kept by both halves of a split, by position (E8)", () => {
    const [match, rest] = split(owned(), TypeError);
    expect(tasksOf(match)).toEqual([
      ["a", t1],
      ["c", [["e", t2]]],
      ["again", t1],
    ]);
    expect(tasksOf(rest)).toEqual([
      [undefined, r1],
      ["c", [["d", r2]]],
    ]);
    expect(Object.keys(match!)).toEqual([]);
    expect(tasksOf(subgroup(owned(), RangeError))).toEqual(tasksOf(rest));
  });

  it("the names of tasks are kept by a group that is merged again (E8)", () => {
    const rethrow = (group: unknown): never => {
      throw group;
    };
    const group = owned();
    const merged = thrownBy(() =>
      except(
        group,
        on(RangeError, rethrow),
        on(TypeError, () => {}),
      ),
    );
    expect(tasksOf(merged as ExceptionGroup)).toEqual([
      [undefined, r1],
      ["c", [["d", r2]]],
    ]);
  });

  it("the names of tasks are set after derive has returned, which does not know them (E8)", () => {
    class Coded extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        return new Coded(this.message, errors);
      }
    }
    const group = Object.defineProperty(new Coded("g", [t1, r1]), "tasks", { value: ["a", "b"] });
    const [match, rest] = split(group, TypeError);
    expect(match).toBeInstanceOf(Coded);
    expect([match?.tasks, rest?.tasks]).toEqual([["a"], ["b"]]);
  });

  it("the names of tasks are dropped if a derived group is frozen (E8)", () => {
    class Frozen extends ExceptionGroup {
      override derive(errors: Iterable<unknown>): ExceptionGroup {
        return Object.freeze(new Frozen(this.message, errors));
      }
    }
    const group = Object.defineProperty(new Frozen("g", [t1, r1]), "tasks", { value: ["a", "b"] });
    expect(subgroup(group, TypeError)?.tasks).toEqual([undefined]);
  });

  it("the names of tasks are undefined if the group has invalid ones (E8)", () => {
    for (const tasks of ["names", [1, {}], [], undefined]) {
      const group = Object.defineProperty(new ExceptionGroup("g", [t1, r1]), "tasks", { value: tasks });
      expect(subgroup(group, TypeError)?.tasks).toEqual([undefined]);
    }
  });

  it("the members of unwound are kept by both halves (S15)", () => {
    const [match, rest] = split(owned(), TypeError);
    expect([match?.unwound, rest?.unwound]).toEqual([["unwound"], ["unwound"]]);
  });
});

describe("a group whose getter returns new members without end", () => {
  const endless = (width: number): Error =>
    Object.defineProperty(new AggregateError([], "endless"), "errors", {
      get: () => Array.from({ length: width }, () => endless(width)),
    });

  it.each([1, 3])("an endless group is taken apart in bounded time, %i members at a level (E7)", (width) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      expect([...leaves(endless(width))].length).toBeGreaterThan(0);
      expect(collapse(endless(width))).toBeInstanceOf(AggregateError);
      expect(split(endless(width), RangeError)[0]).toBeNull();
      expect(
        thrownBy(() =>
          except(
            endless(width),
            on(RangeError, () => {}),
          ),
        ),
      ).toBeInstanceOf(AggregateError);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});
