import { ExceptionGroup, format } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { stackless } from "../stackless.js";

const print = (value: unknown, maxMembers?: number): string => format(value, { color: false, maxMembers });

/** An object with many keys. It counts how often they are listed and how many values are read. */
function wide(
  keys: readonly string[],
  target: object = {},
): { object: object; counts: { lists: number; reads: number } } {
  const counts = { lists: 0, reads: 0 };
  const handler: ProxyHandler<object> = {
    ownKeys: () => (counts.lists++, keys),
    getOwnPropertyDescriptor: () => (counts.reads++, { value: {}, enumerable: true, configurable: true }),
  };
  return { object: new Proxy(target, handler), counts };
}

const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}`);

describe("how much of an object format reads", () => {
  it("format reads a limited number of keys, even if it prints none of them (E7)", () => {
    const { object, counts } = wide(keys, new Error("e"));
    expect(print(object)).toMatch(/\{ … \}$/);
    expect(counts.lists).toBe(1);
    expect(counts.reads).toBeLessThan(keys.length + 2_000); // Each one is read once in order to list it.
  });

  it("format stops after the object with which it has read 100,000 keys in all (E7)", () => {
    for (const make of [
      () => wide(keys),
      () =>
        wide(
          keys,
          stackless(() => new Error("e")),
        ),
    ]) {
      const made = Array.from({ length: 50 }, make);
      const printed = print(
        new ExceptionGroup(
          "g",
          made.map(({ object }) => object),
        ),
      );
      expect(made.filter(({ counts }) => counts.lists > 0)).toHaveLength(5);
      expect(printed).toMatch(/50: .*(\n.*)?\{ … \}$/);
    }
  });

  it("format reads a repeated object once, and prints it alike each time (E7)", () => {
    const { object, counts } = wide(keys.slice(0, 50));
    const errors = stackless(() => Array.from({ length: 100 }, () => new Error("e", { cause: object })));
    const printed = stackless(() => print(new ExceptionGroup("g", errors)));
    expect(counts.lists).toBe(1);
    const causes = printed.split("\n").filter((line) => line.includes("cause"));
    expect(causes).toHaveLength(100);
    expect(causes[99]!.trim()).toBe(`└── ${causes[0]!.replace(/^.*?cause/, "cause")} [shown above]`);
  });

  it("format reads a limited part of a long description or name (E7)", () => {
    const long = "x".repeat(1_000_000);
    const value = Object.defineProperty(() => {}, "name", { value: long });
    for (const each of [Symbol(long), value, Object.create({ constructor: value }) as object]) {
      expect(print(each)).toMatch(/^.{999}…$/);
    }
  });

  it("format does not use a function's name that is an object with its own methods (E7)", () => {
    const name = { toString: () => expect.unreachable() };
    expect(print(Object.defineProperty(() => {}, "name", { value: name }))).toBe("[function ]");
  });
});
