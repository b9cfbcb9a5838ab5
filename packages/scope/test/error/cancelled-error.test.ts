import { inspect } from "node:util";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope } from "@selvage/scope";

function cancelled(...reason: [unknown?]): CancelledError {
  const scope = new CancelScope();
  scope.cancel(...reason);
  return scope.reason!;
}

describe("CancelledError", () => {
  it("a CancelledError has the name and the code of the platform's abort (S7)", () => {
    const error = cancelled();
    expect(error.name).toBe("AbortError");
    expect(error.code).toBe("ABORT_ERR");
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(CancelledError);
    expectTypeOf(error.name).toEqualTypeOf<"AbortError">();
    expectTypeOf(error.scope).toEqualTypeOf<CancelScope>();
  });

  it("the scope of a CancelledError is the one on which cancel was called, not one that it reached (S7)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    const grandchild = new CancelScope({ parent: child });
    child.cancel();
    expect(grandchild.reason?.scope).toBe(child);
    parent.cancel();
    expect(parent.reason?.scope).toBe(parent);
  });

  it("the CancelledError of a deadline has that deadline and the scope whose deadline passed (S7, S9)", () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const parent = new CancelScope({ clock, deadline: 10 });
    const child = new CancelScope({ parent });
    time = 11;
    expect(child.reason?.scope).toBe(parent);
    expect(child.reason?.deadline).toBe(10);
    expect(child.reason).not.toHaveProperty("cause");
    expect(cancelled().deadline).toBeUndefined();
  });

  it("one CancelledError is shared by everything that the cancellation reaches (S7)", async () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    const sleeping = child.sleep(Infinity);
    const racing = child.race(new Promise(() => {}));
    parent.cancel();
    for (const error of [child.reason, child.signal.reason, new CancelScope({ parent: child }).reason]) {
      expect(error).toBe(parent.reason);
    }
    await expect(sleeping).rejects.toBe(parent.reason);
    await expect(racing).rejects.toBe(parent.reason);
    expect(() => child.throwIfCancelled()).toThrow(parent.reason);
  });

  it.each([["text"], [0], [null], [new TypeError("typed")], [{ some: "object" }], [Symbol("symbol")]])(
    "the cause of a CancelledError is the given reason, unchanged: %o (S7)",
    (reason) => {
      expect(cancelled(reason).cause).toBe(reason);
    },
  );

  it("a CancelledError has no cause if no reason was given (S7)", () => {
    expect("cause" in cancelled()).toBe(false);
    expect("cause" in cancelled(undefined)).toBe(false);
  });

  it("a CancelledError has no enumerable property, not even the scope or the deadline (S7)", () => {
    const error = cancelled("why");
    expect(Object.keys(error)).toEqual([]);
    expect(JSON.stringify(error)).toBe("{}");
    const found: string[] = [];
    for (const key in error) found.push(key);
    expect(found).toEqual([]);
  });

  it("the scope and the deadline of a CancelledError cannot be assigned (S7)", () => {
    const error = cancelled("why");
    for (const key of ["scope", "deadline"]) expect(() => Object.assign(error, { [key]: 1 })).toThrow(TypeError);
  });

  it("a CancelledError of a deadline has no stack frames, and one of cancel() shows who called it (S7)", () => {
    const timed = new CancelScope({ deadline: 0 });
    const frames = (error: Error): number => error.stack!.split("\n").filter((line) => /^ +at /.test(line)).length;
    expect(frames(timed.reason!)).toBe(0);
    expect(cancelled("why").stack).toContain("cancelled-error.test.ts");
    expect(Error.stackTraceLimit).toBeGreaterThan(0);
  });

  it("a CancelledError prints without the tree (S7)", () => {
    const parent = new CancelScope({ name: "the parent" });
    const scope = new CancelScope({ parent, name: "the scope" });
    for (let i = 0; i < 10; i++) new CancelScope({ parent: scope, name: `child ${i}` });
    scope.cancel(new Error("the cause"));
    const printed = inspect(scope.reason, { depth: 10 });
    expect(printed).toMatch(/^.*AbortError\]?: "the scope" was cancelled: the cause\n/);
    expect(printed).toContain("[cause]: Error: the cause");
    expect(printed).not.toMatch(/the parent|child \d|_firstChild|CancelScope \{/);
  });

  it("the message of a CancelledError says which scope was cancelled, and why (S7)", () => {
    const scope = new CancelScope({ name: "upload", deadline: -Infinity });
    expect(scope.reason?.message).toBe('"upload" was cancelled: its deadline passed');
    expect(cancelled().message).toBe("the scope was cancelled");
    expect(cancelled("the user left").message).toBe("the scope was cancelled: the user left");
    expect(cancelled(new Error("disk full")).message).toBe("the scope was cancelled: disk full");
    expect(cancelled({ big: "object" }).message).toBe("the scope was cancelled");
  });

  it("the message of a CancelledError escapes the name and the reason, and limits their length (E7)", () => {
    const scope = new CancelScope({ name: "up\nload \x1b[2J\u202e" });
    scope.cancel("left\r\n\u2028now");
    expect(scope.reason?.message).toBe('"up\\nload \\x1b[2J\\u202e" was cancelled: left\\r\\n\\u2028now');
    expect(cancelled(new Error("a\nb")).message).toBe("the scope was cancelled: a\\nb");
    const long = new CancelScope({ name: "n".repeat(10_000) });
    long.cancel("r".repeat(10_000_000));
    expect(long.reason?.message.length).toBeLessThan(650);
    expect(long.reason?.cause).toHaveLength(10_000_000);
  });

  it("the stack of a CancelledError leads to the code that cancelled (S7)", () => {
    function somebodyCancels(scope: CancelScope): void {
      scope.cancel();
    }
    const scope = new CancelScope();
    somebodyCancels(scope);
    expect(scope.reason?.stack).toContain("somebodyCancels");
  });

  it.each([
    ["a message that throws", Object.defineProperty(new Error(), "message", { get: () => raise() })],
    ["a message made by a getter", Object.defineProperty(new Error(), "message", { get: () => "secret" })],
    ["a revoked proxy", revokedProxy()],
    ["a message that is not a string", Object.assign(new Error(), { message: Symbol("message") })],
    ["a proxy that refuses everything", refusingProxy()],
  ])("a CancelledError accepts a hostile reason: %s (S7)", (_, reason) => {
    const error = cancelled(reason);
    expect(error.message).toBe("the scope was cancelled");
    expect(error.cause).toBe(reason);
  });

  it("only scopes create instances of CancelledError (S7)", () => {
    const Constructor = CancelledError as unknown as new (...args: unknown[]) => Error;
    for (const args of [[], ["message"], [Symbol("made by a scope"), new CancelScope(), undefined]]) {
      expect(() => new Constructor(...args)).toThrow(TypeError);
      expect(() => new Constructor(...args)).toThrow(/Only scopes create a CancelledError: call scope.cancel/);
    }
    class Mine extends Constructor {}
    expect(() => new Mine()).toThrow(TypeError);
  });
});

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function raise(): never {
  throw new Error("hostile");
}

function refusingProxy(): object {
  return new Proxy({}, { get: raise, getPrototypeOf: raise, has: raise, ownKeys: raise });
}
