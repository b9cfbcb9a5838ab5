import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope } from "@selvage/scope";
import { addMethod, asyncDispose, dispose } from "@selvage/scope/internal";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("dispose and asyncDispose", () => {
  it("dispose and asyncDispose are the platform's symbols", () => {
    expect([dispose, asyncDispose]).toEqual([Symbol.dispose, Symbol.asyncDispose]);
  });

  it("dispose and asyncDispose are registered symbols if the platform has none, and down-levelled code uses the same", async () => {
    const platform = Symbol;
    const left = Object.entries(Object.getOwnPropertyDescriptors(platform)).filter(([key]) => !/dispose/i.test(key));
    const without = Object.defineProperties((description?: string) => platform(description), Object.fromEntries(left));
    vi.resetModules();
    vi.stubGlobal("Symbol", without);
    const symbols = await import("../../src/support/symbols.js");
    expect([symbols.dispose, symbols.asyncDispose]).toEqual([
      Symbol.for("Symbol.dispose"),
      Symbol.for("Symbol.asyncDispose"),
    ]);
  });
});

describe("addMethod", () => {
  it("addMethod adds a method that is not enumerable and can be overridden", () => {
    class Owner {
      readonly value: number = 42;
    }
    addMethod(Owner, dispose, function () {
      return this.value;
    });
    const owner = new Owner() as Owner & Disposable;
    expect(owner[Symbol.dispose]()).toBe(42);
    expect(Reflect.ownKeys(owner)).toEqual(["value"]);
    expect(Object.getOwnPropertyDescriptor(Owner.prototype, dispose)).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    });
  });

  it("a scope's dispose method closes it (S16)", () => {
    const scope = new CancelScope();
    scope[dispose]();
    expect(() => new CancelScope({ parent: scope })).toThrow(/closed/);
  });
});
