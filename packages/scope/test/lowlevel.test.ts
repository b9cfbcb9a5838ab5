import { describe, expect, it } from "vitest";
import * as scope from "@selvage/scope";
import * as debug from "@selvage/scope/debug";
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
    expect(Object.keys(debug).sort()).toEqual(["describeTree", "recordCreationSites", "snapshot", "watchStragglers"]);
  });
});

describe("@selvage/scope/lowlevel", () => {
  it("no name is exported by both @selvage/scope and its lowlevel entry point", () => {
    expect(Object.keys(lowlevel).filter((name) => name in scope)).toEqual([]);
  });

  it("the brand that makes a TimeoutError a failure is exported (S15)", () => {
    class Late extends Error {
      static {
        lowlevel.brand(this, lowlevel.TIMEOUT_ERROR);
      }
    }
    const cancelled = new scope.CancelScope();
    cancelled.cancel();
    expect(scope.isCancellation(new Late("late", { cause: cancelled.reason }))).toBe(false);
    expect(scope.isCancellation(new Error("not late", { cause: cancelled.reason }))).toBe(true);
  });
});
