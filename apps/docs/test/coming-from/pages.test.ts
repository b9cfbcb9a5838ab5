import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outputFile, pagesFolder, programs, programsFolder } from "./programs.js";

const pages = readdirSync(pagesFolder)
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, text: readFileSync(join(pagesFolder, name), "utf8") }));
const shown = pages.flatMap(({ text }) => included(text));

describe("the pages", () => {
  it("show every program, and its output below it", () => {
    const all = [...programs(".ts"), ...programs(".py")];
    expect([...new Set(shown)].sort()).toEqual(all.flatMap((name) => [name, output(name)]).sort());
    const apart = shown.filter((name, i) => !name.endsWith(".txt") && shown[i + 1] !== output(name));
    expect(apart).toEqual([]);
  });

  it("show only outputs that are recorded", () => {
    expect([...programs(".ts"), ...programs(".py")].filter((name) => !existsSync(outputFile(name)))).toEqual([]);
    expect(programs(".txt").filter((name) => !shown.includes(name))).toEqual([]);
  });

  it.each(pages)("show only code in $name that is run, or marked as not run", ({ text }) => {
    // Programs that run are included. A fence is typed by hand.
    for (const fence of text.matchAll(/^```(\w+)$/gm)) {
      expect(["java", "kotlin", "go", "python"]).toContain(fence[1]);
      const before = text.slice(0, fence.index).split("\n## ");
      expect(before[0]! + before.at(-1)!).toContain("**not run here**");
    }
  });

  it.each(pages)("cite only existing rules in $name", ({ text }) => {
    const rules = readFileSync(join(pagesFolder, "../guides/semantics.md"), "utf8");
    for (const [rule] of text.matchAll(/\b[A-Z]\d{1,2}\b/g)) expect(rules).toContain(`{#${rule}}`);
  });
});

/** The files that a page includes, in order. */
function included(text: string): string[] {
  return [...text.matchAll(/^<<< \.\/programs\/([^\s{]+)(?:\{text\})?$/gm)].map(([, name]) => name!);
}

function output(program: string): string {
  return outputFile(program).slice(programsFolder.length + 1);
}
