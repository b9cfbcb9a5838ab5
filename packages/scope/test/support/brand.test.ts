import { VirtualClock } from "@selvage/testing";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, isCancellation } from "@selvage/scope";
import { brand, hasBrand } from "@selvage/scope/internal";
import { membersOf } from "@selvage/scope/lowlevel";

/** A second copy of the package, as when two versions of it are installed. */
let other: typeof import("@selvage/scope");

beforeAll(async () => {
  vi.resetModules();
  other = await import("@selvage/scope");
});

describe("brand", () => {
  class Marked {
    static {
      brand(this, "a mark of the test");
    }
  }

  it("brand marks instances of the class and of its subclasses (S7)", () => {
    class Sub extends Marked {}
    expect([new Marked(), new Sub()].map((value) => hasBrand(value, "a mark of the test"))).toEqual([true, true]);
  });

  it("brand uses a registered symbol, which another copy of the code finds (S7)", () => {
    expect(Reflect.get(new Marked(), Symbol.for("a mark of the test"))).toBe(true);
  });

  it("a brand is not among the enumerable keys of an instance or of its prototype", () => {
    expect(Object.keys(new Marked())).toEqual([]);
    expect(Object.keys(Marked.prototype)).toEqual([]);
  });
});

describe("hasBrand", () => {
  it.each([[undefined], [null], ["text"], [42], [() => {}], [{}], [Object.create(null)]])(
    "hasBrand is false for %o",
    (value) => {
      expect(hasBrand(value, "a mark of the test")).toBe(false);
    },
  );

  it("hasBrand is false for an object with the brand's name but without the brand", () => {
    const fakes = [{ "a mark of the test": true }, { [Symbol("a mark of the test")]: true }];
    for (const fake of [...fakes, { [Symbol.for("a mark of the test")]: "yes" }]) {
      expect(hasBrand(fake, "a mark of the test")).toBe(false);
    }
  });

  it("hasBrand is false for an object that cannot be read, and does not throw", () => {
    const refusing = new Proxy(
      {},
      {
        get() {
          throw new Error("hostile");
        },
      },
    );
    expect(hasBrand(refusing, "a mark of the test")).toBe(false);
  });
});

describe("two copies of the package", () => {
  it("two copies of the package have different classes (S7)", () => {
    expect(other.CancelScope).not.toBe(CancelScope);
    const scope = new other.CancelScope();
    scope.cancel();
    expect(scope.reason).not.toBeInstanceOf(CancelScope);
  });

  it("two copies of the package recognise each other's CancelledError, groups and TimeoutErrors by brand (S7, S15)", () => {
    const scope = new other.CancelScope();
    scope.cancel();
    expect(isCancellation(scope.reason)).toBe(true);
    expect(isCancellation(scope.reason, scope as never)).toBe(true);
    expect(isCancellation(new Error("wrapped", { cause: scope.reason }))).toBe(true);
    expect(isCancellation(new other.ExceptionGroup("cut", [scope.reason]))).toBe(true);
    expect(isCancellation(new other.ExceptionGroup("mixed", [scope.reason, new Error("no")]))).toBe(false);
    expect(membersOf(new other.ExceptionGroup("one", [1]))).toEqual([1]);
  });

  it("two copies of the package brand their misuse errors alike (S7)", () => {
    const scope = new other.CancelScope();
    const child = new other.CancelScope({ parent: scope });
    expect(() => scope.close()).toThrow(
      expect.toSatisfy((error: unknown) => hasBrand(error, "@selvage/scope/InvalidStateError")),
    );
    child.close();
    expect(hasBrand(new ClosedError(), "@selvage/scope/ClosedError")).toBe(true);
    expect(hasBrand(new InvalidStateError(), "@selvage/scope/ClosedError")).toBe(false);
  });

  it("two copies of the package accept each other's scopes as parents, through the signal, and adopt the CancelledError (S7, S8)", () => {
    const parent = new other.CancelScope();
    const children = [parent, parent.signal].map((parent) => new CancelScope({ parent: parent as never }));
    const grandchild = new CancelScope({ parent: children[0]! });
    parent.cancel("why");
    for (const scope of [...children, grandchild]) {
      expect(scope.reason).toBe(parent.reason);
      expect(scope.cancelCalled).toBe(false);
    }
    expect(new CancelScope({ parent: parent as never }).reason).toBe(parent.reason);
  });

  it("a closed scope leaves no link to a parent from another copy, and the parent none to it (S8, S16)", () => {
    const parent = new other.CancelScope();
    const child = new CancelScope({ parent: parent as never });
    child.close();
    parent.cancel();
    expect(child.cancelled).toBe(false);
    parent.close();
  });

  it("a cancellation is absorbed by the copy that its scope belongs to (S8, S14)", async () => {
    const outer = new other.CancelScope();
    const inner = new CancelScope({ parent: outer as never });
    const value = await outer.run(() =>
      inner.run((scope) => {
        outer.cancel();
        return scope.sleep(Infinity);
      }),
    );
    expect([value, outer.cancelledCaught, inner.cancelledCaught]).toEqual([undefined, true, false]);
  });

  it("a scope of one copy does not absorb a cancellation owned by an inner scope of the other (S14)", async () => {
    const error = await CancelScope.run(async (outer) => {
      const inner = new other.CancelScope();
      inner.cancel();
      outer.cancel();
      throw inner.reason!;
    }).catch((error: unknown) => error);
    expect(isCancellation(error)).toBe(true);
  });

  it("a scope inherits the clock of a parent from another copy (C1)", async () => {
    const clock = new VirtualClock();
    const parent = new other.CancelScope({ clock });
    const child = new CancelScope({ parent: parent as never });
    expect(child.clock).toBe(clock);
    const viaSignal = new CancelScope({ parent: parent.signal });
    expect(viaSignal.clock).toBe(clock);
    const sleeping = child.sleep(1_000);
    await clock.advance(1_000);
    await sleeping;
  });

  it("scopes of both copies follow fake timers if no clock was given (C1)", () => {
    const parent = new other.CancelScope();
    const child = new CancelScope({ parent: parent as never });
    const before = child.clock;
    vi.useFakeTimers();
    expect(child.clock).not.toBe(before);
    vi.useRealTimers();
    expect(child.clock).toBe(before);
  });
});
