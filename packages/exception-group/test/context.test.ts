/** How the handled errors are kept if a handler throws a new error (E5). */
import { describe, expect, it } from "vitest";
import { CancelScope, isCancellation } from "@selvage/scope";
import { except, exceptAsync, ExceptionGroup, on } from "../src/index.js";
import { rejectionOf, thrownBy } from "./outline.js";

const leaf = new TypeError("leaf");

/**
 * What `except` throws if the handler of a group of `leaf` and `others` throws `error`, and the group that the handler
 * was given.
 */
function throwing(error: unknown, ...others: unknown[]): { thrown: unknown; given: ExceptionGroup | undefined } {
  let given: ExceptionGroup | undefined;
  const thrown = thrownBy(() =>
    except(
      new ExceptionGroup("g", [leaf, ...others]),
      on(
        () => true,
        (group) => {
          given = group;
          throw error;
        },
      ),
    ),
  );
  return { thrown, given };
}

describe("a new error that a handler throws", () => {
  it("a new error gets the group that was being handled as its cause (E5)", async () => {
    const error = new TypeError("oops");
    const { thrown, given } = throwing(error);
    expect(thrown).toBe(error);
    expect(given?.errors).toEqual([leaf]);
    expect(error.cause).toBe(given);
    expect(Object.keys(error)).toEqual([]);

    const late = new Error("late");
    const handler = on(TypeError, () => Promise.reject(late));
    expect(await rejectionOf(exceptAsync(new ExceptionGroup("g", [leaf]), handler))).toBe(late);
    expect((late.cause as ExceptionGroup).errors).toEqual([leaf]);
  });

  it("a new error gets only what its own clause matched, beside the rest (E5)", () => {
    const [error, other] = [new Error("new"), new RangeError("other")];
    const thrown = thrownBy(() =>
      except(
        new ExceptionGroup("g", [leaf, other]),
        on(TypeError, () => {
          throw error;
        }),
      ),
    ) as ExceptionGroup;
    expect(thrown.message).toBe("errors while handling a group");
    expect(thrown.errors[1]).toBe(error);
    expect((error.cause as ExceptionGroup).errors).toEqual([leaf]);
  });

  it("a new error gets the group of one that was made for a bare error (E5)", () => {
    const error = new Error("new");
    const bare = new TypeError("bare");
    thrownBy(() =>
      except(
        bare,
        on(TypeError, () => {
          throw error;
        }),
      ),
    );
    expect((error.cause as ExceptionGroup).errors).toEqual([bare]);
  });

  it("a new error keeps its own cause, also one that is undefined (E5)", () => {
    for (const cause of ["why", undefined]) {
      const error = new Error("new", { cause });
      throwing(error);
      expect(error.cause).toBe(cause);
    }
  });

  it("a new error gets no cause if it cannot be extended, or is not an error (E5)", () => {
    const frozen = Object.freeze(new Error("frozen"));
    for (const error of [frozen, Object.preventExtensions(new Error("closed")), { like: "an error" }, "text", null]) {
      expect(throwing(error).thrown).toBe(error);
      expect(Object(error)).not.toHaveProperty("cause");
    }
  });

  it("a new error gets no cause if it is a CancelledError or a group (E5)", () => {
    const scope = new CancelScope();
    scope.cancel();
    const group = new ExceptionGroup("other", [1]);
    for (const error of [scope.reason, group, new AggregateError([1]), new AggregateError([])]) {
      expect(throwing(error).thrown).toBe(error);
      expect(error).not.toHaveProperty("cause");
    }
  });

  it("a new error gets no cause if it is in the group, as a leaf or in a leaf's causes (E5)", () => {
    throwing(leaf);
    expect(leaf).not.toHaveProperty("cause");
    const root = new Error("root");
    throwing(root, new Error("outer", { cause: new Error("middle", { cause: root }) }));
    expect(root).not.toHaveProperty("cause");
  });

  it("a new error stays a failure if the handled group was a cancellation (E5)", () => {
    const scope = new CancelScope();
    scope.cancel();
    const error = new Error("new");
    thrownBy(() =>
      except(
        new ExceptionGroup("g", [scope.reason]),
        on(
          () => true,
          () => {
            throw error;
          },
        ),
      ),
    );
    expect(error.cause).toBeInstanceOf(ExceptionGroup);
    expect(isCancellation(error)).toBe(false);
    expect(isCancellation(error, scope)).toBe(false);
  });
});
