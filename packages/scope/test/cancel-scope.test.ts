import { inspect } from "node:util";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { type CancelledError, CancelScope, type CancelScopeOptions, type Clock } from "@selvage/scope";

describe("CancelScope", () => {
  it("a scope is never thenable, so an async function may return one", async () => {
    const scope = new CancelScope();
    expect("then" in scope).toBe(false);
    expect(await Promise.resolve(scope)).toBe(scope);
  });

  it("a scope has the given name, or none (C3)", () => {
    expect(new CancelScope({ name: "upload" }).name).toBe("upload");
    expect(new CancelScope({ name: "" }).name).toBe("");
    expect(new CancelScope().name).toBeUndefined();
    expect(new CancelScope({ parent: new CancelScope({ name: "parent" }) }).name).toBeUndefined();
  });

  it("deadline is the only property of a scope that can be set", () => {
    const scope = new CancelScope();
    for (const key of ["cancelled", "reason", "signal", "name", "clock", "cancelCalled", "cancelledCaught"]) {
      expect(() => Object.assign(scope, { [key]: undefined })).toThrow(TypeError);
    }
  });

  it("a scope prints as one line, not as the tree (C3)", () => {
    const parent = new CancelScope({ name: "parent" });
    const scope = new CancelScope({ parent, name: 'the "scope"' });
    expect(inspect(scope)).toBe('CancelScope "the \\"scope\\"" (live)');
    expect(inspect({ scope })).toBe(`{ scope: ${inspect(scope)} }`);
    parent.cancel();
    expect(inspect(scope)).toBe('CancelScope "the \\"scope\\"" (cancelled)');
    expect(inspect(new CancelScope())).toBe("CancelScope (live)");
  });

  it("the types of CancelScope state what it takes and returns", () => {
    expectTypeOf<CancelScopeOptions>().toEqualTypeOf<{
      readonly parent?: CancelScope | AbortSignal | null | undefined;
      readonly deadline?: number | undefined;
      readonly shield?: boolean | undefined;
      readonly name?: string | undefined;
      readonly clock?: Clock | undefined;
    }>();
    expectTypeOf<CancelScope["reason"]>().toEqualTypeOf<CancelledError | undefined>();
    expectTypeOf<CancelScope["signal"]>().toEqualTypeOf<AbortSignal>();
    expectTypeOf<CancelScope["onCancel"]>().returns.toEqualTypeOf<Disposable>();
    expectTypeOf<CancelScope["deadline"]>().toEqualTypeOf<number>();
    expectTypeOf<CancelScope>().toExtend<Disposable>();
    expectTypeOf(CancelScope.run(() => "text")).toEqualTypeOf<Promise<string | undefined>>();
    expectTypeOf(CancelScope.run(async (scope) => scope.race(Promise.resolve(1)))).toEqualTypeOf<
      Promise<number | undefined>
    >();
  });
});

describe("CancelScope.run (static)", () => {
  it("the static run calls its body in a new scope with the given options (S14)", async () => {
    const parent = new CancelScope();
    const seen = await CancelScope.run((scope) => [scope.name, scope.deadline, scope.effectiveDeadline], {
      parent,
      name: "run",
      deadline: 1e12,
      shield: true,
    });
    expect(seen).toEqual(["run", 1e12, 1e12]);
    parent.close();
  });

  it("the static run throws synchronously on wrong options, without calling the body (S14)", () => {
    let called = false;
    expect(() => void CancelScope.run(() => (called = true), { deadline: NaN })).toThrow(TypeError);
    expect(called).toBe(false);
  });
});
