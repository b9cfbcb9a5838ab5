import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ExceptionGroup, leaves, split } from "../src/index.js";
import { suppressedError } from "./outline.js";

/** Whether the package treats an error as a group, and its members. */
function parts(error: unknown): unknown[] {
  return [...leaves(error)];
}

describe("a group", () => {
  it("any AggregateError is a group: the platform's, a subclass, a subclass's subclass (E2)", () => {
    class Failures extends AggregateError {}
    expect(parts(new AggregateError(["a", "b"]))).toEqual(["a", "b"]);
    expect(parts(new Failures(["a", "b"]))).toEqual(["a", "b"]);
    expect(parts(new (class extends ExceptionGroup {})("g", ["a", "b"]))).toEqual(["a", "b"]);
  });

  it("an AggregateError of another realm is a group (E2)", () => {
    const foreign: unknown = runInNewContext("new AggregateError(['a', 'b'])");
    expect(foreign).not.toBeInstanceOf(AggregateError);
    expect(parts(foreign)).toEqual(["a", "b"]);
  });

  it("another library's AggregateError is a group, by its name (E2)", () => {
    class LibraryError extends Error {
      override name = "AggregateError";
      get errors(): unknown[] {
        return ["a", "b"];
      }
    }
    expect(parts(new LibraryError())).toEqual(["a", "b"]);
  });

  it("an ExceptionGroup of another copy of this package is a group, and its derive is called (E2)", () => {
    const brand: unique symbol = Symbol.for("@selvage/scope/ExceptionGroup");
    class Other extends AggregateError {
      readonly [brand] = true;
      derive(errors: unknown[]): Other {
        return new Other(errors, this.message);
      }
    }
    const [match, rest] = split(new Other(["a", "b"], "other"), (error) => error === "a");
    expect([match?.errors, rest?.errors]).toEqual([["a"], ["b"]]);
    expect(match).toBeInstanceOf(Other);
  });

  it("a SuppressedError is a group, by its name, of its error and the suppressed one (E2)", () => {
    expect(parts(suppressedError("a", "b"))).toEqual(["a", "b"]);
    expect(parts(suppressedError(undefined, suppressedError("a", "b")))).toEqual([undefined, "a", "b"]);
    const platform = (globalThis as { SuppressedError?: new (error: unknown, suppressed: unknown) => Error })
      .SuppressedError;
    if (platform) expect(parts(new platform("a", "b"))).toEqual(["a", "b"]);
  });

  it("an aggregate without members is a leaf, not a group (E2)", () => {
    const empty = new AggregateError([]);
    expect(parts(empty)).toEqual([empty]);
    expect(parts(new ExceptionGroup("g", [empty, "a"]))).toEqual([empty, "a"]);
  });

  it.each([
    ["an error that happens to have errors", Object.assign(new Error("validation"), { errors: ["a"] })],
    ["an object that happens to have errors", { errors: ["a"] }],
    ["errors that are not an array", Object.assign(new AggregateError(["a"]), { errors: "ab" })],
    ["a SuppressedError without errors", Object.assign(new Error("none"), { name: "SuppressedError" })],
    ["a function", Object.assign(() => {}, { errors: ["a"] })],
    ["text", "text"],
    ["nothing", undefined],
  ])("no other value is a group: %s (E2)", (_, error) => {
    expect(parts(error)).toEqual([error]);
  });

  it("a group is read by position, holes included (E2)", () => {
    const sparse = new AggregateError(["a"]);
    sparse.errors[2] = "c";
    expect(parts(sparse)).toEqual(["a", undefined, "c"]);
  });

  it("a group that cannot be read is a leaf (E2)", () => {
    const throwing = Object.defineProperty(new AggregateError(["a"]), "errors", {
      get() {
        throw new Error("no");
      },
    });
    const hostile = new Proxy(new AggregateError(["a"]), {
      get() {
        throw new Error("no");
      },
    });
    const { proxy: revoked, revoke } = Proxy.revocable(new AggregateError(["a"]), {});
    revoke();
    const broken = new AggregateError([]);
    broken.errors = new Proxy(["a"], {
      get(target, key) {
        if (key === "0") throw new Error("no");
        return Reflect.get(target, key) as unknown;
      },
    });
    for (const error of [throwing, hostile, revoked, broken]) {
      const found = parts(new ExceptionGroup("g", ["b", error]));
      expect(found.length).toBe(2);
      expect(found[1] === error).toBe(true);
    }
  });

  it("a group may be frozen, or a proxy of a group (E2)", () => {
    expect(parts(Object.freeze(new AggregateError(["a", "b"])))).toEqual(["a", "b"]);
    expect(parts(new Proxy(new ExceptionGroup("g", ["a", "b"]), {}))).toEqual(["a", "b"]);
  });
});
