import { describe, expect, it } from "vitest";
import * as scope from "@selvage/scope";
import * as debug from "@selvage/scope/debug";
import * as internal from "@selvage/scope/internal";
import * as lowlevel from "@selvage/scope/lowlevel";

describe("@selvage/scope", () => {
  it("the package exports what users need, by name", () => {
    expect(Object.keys(scope).sort()).toEqual([
      "CancelScope",
      "CancelledError",
      "ClosedError",
      "ExceptionGroup",
      "InvalidStateError",
      "acquire",
      "format",
      "isCancellation",
      "now",
    ]);
  });
});

describe("@selvage/scope/debug", () => {
  it("the debug entry point exports what shows a program from outside, by name (C3)", () => {
    expect(Object.keys(debug).sort()).toEqual([
      "describeTree",
      "recordAges",
      "recordCreationSites",
      "snapshot",
      "watchStragglers",
    ]);
  });
});

describe("@selvage/scope/lowlevel", () => {
  it("the lowlevel entry point exports what authors of primitives need, by name", () => {
    expect(Object.keys(lowlevel).sort()).toEqual([
      "Alarm",
      "SHARED_LIMIT",
      "TaskOwner",
      "errorOf",
      "factsOf",
      "membersOf",
      "observe",
      "parentOf",
      "startTask",
    ]);
  });

  it("the lowlevel entry point has no export in common with the others", () => {
    const others = { ...scope, ...internal, ...debug };
    expect(Object.keys(lowlevel).filter((name) => name in others)).toEqual([]);
  });
});

describe("@selvage/scope/internal", () => {
  it("the internal entry point has no export in common with the main one", () => {
    expect(Object.keys(internal).filter((name) => name in scope)).toEqual([]);
  });

  it("the brand that makes a TimeoutError a failure is exported (S15)", () => {
    class Late extends Error {
      static {
        internal.brand(this, internal.TIMEOUT_ERROR);
      }
    }
    const cancelled = new scope.CancelScope();
    cancelled.cancel();
    expect(scope.isCancellation(new Late("late", { cause: cancelled.reason }))).toBe(false);
    expect(scope.isCancellation(new Error("not late", { cause: cancelled.reason }))).toBe(true);
  });
});
