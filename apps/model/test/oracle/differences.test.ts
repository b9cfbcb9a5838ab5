import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Python } from "../../src/oracle/python.js";
import { noPython } from "./needs-python.js";

/** A difference in differences.md. Its TypeScript runs in apps/checks, as all documented code does. */
interface Pair {
  readonly title: string;
  readonly words: string;
  readonly languages: readonly string[];
  readonly python: string;
  /** The outputs of the two. */
  readonly printed: readonly string[];
}

const document = readFileSync(new URL("../../src/oracle/differences.md", import.meta.url), "utf8");
const rows = [...document.matchAll(/^\| \[([^\]]+)\]\(#([^)]+)\) +\| (\w+) +\|/gm)].map(([, title, anchor, rule]) => ({
  title: title!,
  anchor: anchor!,
  rule: rule!,
}));
const pairs = document
  .split(/^### /m)
  .slice(1)
  .map((section): Pair => {
    const fences = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, info, text]) => ({ info, text: text! }));
    return {
      title: section.slice(0, section.indexOf("\n")),
      words: section.slice(0, section.indexOf("```")),
      languages: fences.map(({ info }) => info!),
      python: fences[0]!.text,
      printed: fences.filter(({ info }) => info === "text").map(({ text }) => text),
    };
  });

describe("the differences from asyncio", () => {
  it("are each in the table, with the rule that the text cites", () => {
    expect(rows.map(({ title }) => title)).toEqual(pairs.map(({ title }) => title));
    for (const [index, { title, anchor, rule }] of rows.entries()) {
      expect(anchor).toBe(title.toLowerCase().replaceAll("'", "").replaceAll(" ", "-"));
      expect(pairs[index]!.words).toContain(`(${rule})`);
    }
  });

  it.each(pairs)("are shown by two programs with different outputs: $title", ({ languages, printed }) => {
    expect(languages).toEqual(["python", "text", "ts", "text"]);
    expect(printed[0]).not.toBe(printed[1]);
  });
});

describe.skipIf(noPython)("the Python that shows a difference", () => {
  let python: Python;

  beforeAll(() => {
    python = new Python();
  });

  afterAll(() => python[Symbol.asyncDispose]());

  it.each(pairs)("prints the documented output: $title", async ({ python: code, printed }) => {
    expect(await python.snippet(code)).toBe(printed[0]);
  });
});
