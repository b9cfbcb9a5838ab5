import { describe, expect, it } from "vitest";
import { renderDocument, renderTable } from "../../src/table/index.js";
import { replaceTable } from "../../src/table/markdown.js";
import { smallTable } from "./small-table.js";

describe("renderTable", () => {
  it("draws a line for each row, and every cell with its rule", () => {
    expect(renderTable(smallTable).split("\n").slice(0, 4)).toEqual([
      "|                            | waits for `finally` | holds memory (_no_ is better) |",
      "| -------------------------- | ------------------- | ----------------------------- |",
      "| `TaskGroup`                | yes (T1)            | no (T9)                       |",
      "| `AbortController`, by hand | by hand             | –                             |",
    ]);
  });

  it("explains its words", () => {
    expect(renderTable(smallTable)).toMatch(/\*\*yes\*\*: .*\*\*by hand\*\*: .*\*\*–\*\*: /);
  });
});

describe("renderDocument", () => {
  it("says how to regenerate the file, and contains the table, the probes and the rules", () => {
    const text = renderDocument(smallTable);
    expect(text).toMatch(/^<!-- Written by `pnpm --filter @selvage\/examples table`/);
    expect(text).toContain(renderTable(smallTable));
    expect(text).toContain("- **waits for `finally`**. A task ends. Yes: so does its `finally`.");
    expect(text).toContain("- **T1** Leaving waits for all children, whatever happens.");
  });
});

describe("replaceTable", () => {
  const [start, end] = ["<!-- comparison-table:start -->", "<!-- comparison-table:end -->"];

  it("puts the table between the marks, and does not change the rest", () => {
    const text = replaceTable(`before\n\n${start}\nold\n${end}\n\nafter\n`, smallTable);
    expect(text).toBe(`before\n\n${start}\n\n${renderTable(smallTable)}\n\n${end}\n\nafter\n`);
    expect(replaceTable(text, smallTable)).toBe(text);
  });

  it("refuses a text without marks, or with one of them, or with both the wrong way round", () => {
    for (const text of ["", start, end, `${end}${start}`]) {
      expect(() => replaceTable(text, smallTable)).toThrow(`expected ${start} and after it ${end}`);
    }
  });
});
