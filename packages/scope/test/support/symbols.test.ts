import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope } from "@selvage/scope";
import { addMethod, asyncDispose, dispose } from "@selvage/scope/internal";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("dispose and asyncDispose", () => {
  it("are the platform's", () => {
    expect([dispose, asyncDispose]).toEqual([Symbol.dispose, Symbol.asyncDispose]);
  });

  it("are registered symbols where the platform has none, which down-levelled code agrees on", async () => {
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
  it("adds a method that is not enumerable and can be overridden", () => {
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

  it("is how scopes are disposed of (S16)", () => {
    const scope = new CancelScope();
    scope[dispose]();
    expect(() => new CancelScope({ parent: scope })).toThrow(/closed/);
  });
});
