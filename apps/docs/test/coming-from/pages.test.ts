import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outputFile, pagesFolder, programs, programsFolder } from "./programs.js";

const pages = readdirSync(pagesFolder)
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, text: readFileSync(join(pagesFolder, name), "utf8") }));
const shown = pages.flatMap(({ text }) => included(text));

describe("the pages", () => {
  it("show every program, and below it what it prints", () => {
    const all = [...programs(".ts"), ...programs(".py")];
    expect([...new Set(shown)].sort()).toEqual(all.flatMap((name) => [name, output(name)]).sort());
    const apart = shown.filter((name, i) => !name.endsWith(".txt") && shown[i + 1] !== output(name));
    expect(apart).toEqual([]);
  });

  it("show an output of which there is a record", () => {
    expect([...programs(".ts"), ...programs(".py")].filter((name) => !existsSync(outputFile(name)))).toEqual([]);
    expect(programs(".txt").filter((name) => !shown.includes(name))).toEqual([]);
  });

  it.each(pages)("show no code in $name that is not run, or said not to be", ({ text }) => {
    // What is run is included. A fence is what somebody typed.
    for (const fence of text.matchAll(/^```(\w+)$/gm)) {
      expect(["java", "kotlin", "go", "python"]).toContain(fence[1]);
      const before = text.slice(0, fence.index).split("\n## ");
      expect(before[0]! + before.at(-1)!).toContain("**not run here**");
    }
  });

  it.each(pages)("cite rules in $name that there are", ({ text }) => {
    const rules = readFileSync(join(pagesFolder, "../guides/semantics.md"), "utf8");
    for (const [rule] of text.matchAll(/\b[A-Z]\d{1,2}\b/g)) expect(rules).toContain(`{#${rule}}`);
  });
});

/** The files that a page includes, in the order in which it does. */
function included(text: string): string[] {
  return [...text.matchAll(/^<<< \.\/programs\/([^\s{]+)(?:\{text\})?$/gm)].map(([, name]) => name!);
}

function output(program: string): string {
  return outputFile(program).slice(programsFolder.length + 1);
}
