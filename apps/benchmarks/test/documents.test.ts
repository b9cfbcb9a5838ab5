import { describe, expect, it } from "vitest";
import { replaceSection } from "../src/documents.js";

describe("replaceSection", () => {
  const text =
    "before\n\n<!-- node-20:start -->\n\nold\n\n<!-- node-20:end -->\n\n<!-- node-24:start --><!-- node-24:end -->\nafter\n";

  it("replaces what is between the markers, and nothing else", () => {
    const replaced = replaceSection(text, "node-20", "new");
    expect(replaced).toBe(text.replace("old", "new"));
    expect(replaceSection(replaced, "node-20", "old")).toBe(text);
  });

  it("fills a section that is empty", () => {
    expect(replaceSection(text, "node-24", "new")).toContain(
      "<!-- node-24:start -->\n\nnew\n\n<!-- node-24:end -->\nafter\n",
    );
  });

  it("refuses a text without the section", () => {
    expect(() => replaceSection(text, "node-26", "new")).toThrow("node-26:start");
  });
});
