import { describe, expect, it } from "vitest";
import { fold } from "../src/fold.js";
import { withoutStacks } from "./without-stacks.js";

type Nested = number | readonly Nested[];

function open(item: Nested): readonly Nested[] | undefined {
  return typeof item === "number" ? undefined : item;
}

describe("fold", () => {
  it("fold makes an item's result from the results of its members, in order (E3)", () => {
    const tree: Nested = [1, [2, 3], [], [[4]]];
    const text = fold<Nested, string>(tree, open, (item, parts) => (parts ? `(${parts.join(" ")})` : String(item)));
    expect(text).toBe("(1 (2 3) () ((4)))");
  });

  it("fold opens an item before its members, and closes it after them (E3)", () => {
    const log: unknown[] = [];
    fold<Nested, unknown>(
      [1, [2], 3],
      (item) => {
        log.push("open", item);
        return open(item);
      },
      (item) => void log.push("close", item),
    );
    expect(log).toEqual(
      ["open", [1, [2], 3], "open", 1, "close", 1, "open", [2], "open", 2, "close", 2].concat([
        "close",
        [2],
        "open",
        3,
        "close",
        3,
        "close",
        [1, [2], 3],
      ] as never),
    );
  });

  it("fold accepts results that are undefined (E3)", () => {
    const parts = fold<Nested, unknown>([1, 2, 3], open, (item, parts) => parts ?? (item === 2 ? undefined : item));
    expect(parts).toEqual([1, undefined, 3]);
  });

  it(
    "fold works 100,000 deep (E3)",
    withoutStacks(() => {
      let tree: Nested = 1;
      for (let level = 0; level < 100_000; level++) tree = [tree];
      expect(fold<Nested, number>(tree, open, (_, parts) => (parts?.[0] ?? 0) + 1)).toBe(100_001);
    }),
  );
});
