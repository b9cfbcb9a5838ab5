import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExceptionGroup } from "@selvage/scope";
import { type OwnedFailure, ownerError } from "../../src/internal.js";

const user: OwnedFailure = { error: new Error("no such user"), task: "load user" };
const cart: OwnedFailure = { error: new Error("timed out after 50 ms"), task: "load cart" };

function messageOf(...errors: unknown[]): string {
  return ownerError(
    "TaskGroup",
    undefined,
    errors.map((error) => ({ error, task: "t" })),
  ).message.replace(/^.*? in a TaskGroup: /, "");
}

describe("ownerError", () => {
  it("ownerError names the owner and its tasks in the message (E8)", () => {
    expect(ownerError("TaskGroup", "page", [user, cart]).message).toBe(
      '2 tasks failed in TaskGroup "page": load user: no such user; load cart: timed out after 50 ms',
    );
    expect(ownerError("TaskGroup", "page", [user]).message).toBe(
      '1 task failed in TaskGroup "page": load user: no such user',
    );
  });

  it("ownerError states the kind of an owner without a name (E8)", () => {
    expect(ownerError("TaskGroup", undefined, [user]).message).toBe(
      "1 task failed in a TaskGroup: load user: no such user",
    );
    for (const kind of ["gather", "gather()"]) {
      expect(ownerError(kind, undefined, [user]).message).toBe("1 task failed in gather(): load user: no such user");
    }
  });

  it("ownerError says that the body failed (E8)", () => {
    const body: OwnedFailure = { error: new Error("boom"), task: undefined };
    expect(ownerError("TaskGroup", "page", [body]).message).toBe('the body failed in TaskGroup "page": boom');
    expect(ownerError("TaskGroup", "page", [user, body]).message).toBe(
      'the body and 1 task failed in TaskGroup "page": load user: no such user; the body: boom',
    );
  });

  it("ownerError lists at most three tasks, then how many more there are (E8)", () => {
    const failures = Array.from({ length: 5 }, (_, index) => ({ error: new Error(`e${index}`), task: `t${index}` }));
    expect(ownerError("TaskGroup", "page", failures).message).toBe(
      '5 tasks failed in TaskGroup "page": t0: e0; t1: e1; t2: e2; and 2 more',
    );
  });

  it("ownerError shows a nested group as the number of its errors (E8)", () => {
    expect(messageOf(new ExceptionGroup("secret", [1, 2]))).toBe("t: (2 errors)");
    expect(messageOf(new AggregateError([1], "secret"))).toBe("t: (1 error)");
    expect(messageOf(new AggregateError([], "empty"))).toBe("t: empty");
    const suppressed = Object.assign(new Error("m"), { name: "SuppressedError", error: 1, suppressed: 2 });
    expect(messageOf(suppressed)).toBe("t: (2 errors)");
  });

  it("ownerError contains only own data messages, and calls no getter (E8)", () => {
    let calls = 0;
    const get = (): string => (calls++, "secret");
    const secret = Object.defineProperties(new RangeError(), {
      message: { get },
      name: { get },
      errors: { get },
      stack: { get },
      cause: { get },
    });
    class Inherited extends Error {
      get [Symbol.toStringTag](): string {
        return get();
      }
      override toString(): string {
        return get();
      }
    }
    Object.defineProperty(Inherited.prototype, "message", { value: "secret" });
    calls = 0; // The test runner reads an error when it is created.
    expect(messageOf(secret, new Inherited())).toBe("t: RangeError; t: Error");
    expect(calls).toBe(0);
  });

  it("ownerError states the type of a value that is not an error, never its content (E8)", () => {
    expect(messageOf("secret", { token: "secret" }, 42)).toBe("t: a string; t: an object; t: a number");
    expect(messageOf(undefined, null, () => "secret")).toBe("t: undefined; t: null; t: a function");
    expect(messageOf(new TypeError(), { message: "like an error" })).toBe("t: TypeError; t: like an error");
  });

  it("ownerError accepts values that cannot be read (E8)", () => {
    const raise = (): never => {
      throw new Error("hostile");
    };
    const refusing = new Proxy({}, { getOwnPropertyDescriptor: raise, getPrototypeOf: raise, get: raise, has: raise });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const endless: object = new Proxy({}, { getPrototypeOf: () => endless });
    expect(messageOf(refusing, proxy, endless)).toBe("t: an object; t: an object; t: an object");
  });

  it("ownerError contains the first line of a message (E8)", () => {
    expect(messageOf(new Error("one\ntwo"), new Error("\n\r\n three\u2028four"))).toBe("t: one; t: three");
    expect(messageOf(new Error("\n"))).toBe("t: Error");
  });

  it("ownerError escapes names and messages (E7)", () => {
    const error = ownerError("TaskGroup", "pa\nge", [{ error: new Error("\x1b[2J\u202e"), task: "a\nb" }]);
    expect(error.message).toBe('1 task failed in TaskGroup "pa\\nge": a\\nb: \\x1b[2J\\u202e');
  });

  it("ownerError has at most 100 characters for each task, and 500 in all (E8)", () => {
    expect(messageOf(new Error("x".repeat(50_000_000)))).toBe(`t: ${"x".repeat(99)}…`);
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            error: fc.string({ maxLength: 300 }).map((message) => new Error(message)),
            task: fc.option(fc.string({ maxLength: 300 }), { nil: undefined }),
          }),
          { minLength: 1, maxLength: 9 },
        ),
        fc.string({ maxLength: 300 }),
        (failures, name) => {
          const { message } = ownerError("TaskGroup", name, failures);
          expect(message.length).toBeLessThanOrEqual(500);
          if (failures.length > 3) expect(message.endsWith(`; and ${failures.length - 3} more`)).toBe(true);
        },
      ),
    );
  });

  it("the tasks of an owner's error are the names in the order of errors, frozen and not enumerable (E8)", () => {
    const body = { error: 1, task: undefined };
    const group = ownerError("TaskGroup", "page", [user, body, cart]);
    expect(group.errors).toEqual([user.error, 1, cart.error]);
    expect(group.tasks).toEqual(["load user", undefined, "load cart"]);
    expect(Object.isFrozen(group.tasks)).toBe(true);
    expect(Object.keys(group)).toEqual([]);
  });

  it("the unwound list has the errors that were accepted by shape, and is frozen and not enumerable (S15)", () => {
    const aborted = new Error("aborted");
    const group = ownerError("TaskGroup", "page", [user], [aborted]);
    expect(group.unwound).toEqual([aborted]);
    expect(Object.isFrozen(group.unwound)).toBe(true);
    expect(Object.keys(group)).toEqual([]);
    expect(ownerError("TaskGroup", "page", [user]).unwound).toEqual([]);
  });
});

describe("ExceptionGroup.tasks", () => {
  it("the tasks of a group made by hand are undefined for each error (E8)", () => {
    const group = new ExceptionGroup("g", [1, 2]);
    expect(group.tasks).toEqual([undefined, undefined]);
    expect(group.unwound).toEqual([]);
    expect(Object.keys(group)).toEqual([]);
  });
});
