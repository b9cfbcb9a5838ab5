import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const page = readFileSync(new URL("../guides/semantics.md", import.meta.url), "utf8");
const headings = [...page.matchAll(/^### ([A-Z])(\d+) · .+ \{#(\w+)\}$/gm)];
const rules = headings.map(([, letter, number]) => `${letter}${number}`);

describe("the page of the rules", () => {
  it("numbers the rules of each letter from 1, and anchors each at its number", () => {
    expect(headings.map(([, , , anchor]) => anchor)).toEqual(rules);
    const letters = [...new Set(rules.map((rule) => rule.charAt(0)))];
    expect(letters).toEqual(["S", "E", "K", "T", "V", "O", "M", "B", "F", "P", "Q", "I", "R", "N", "C"]);
    for (const letter of letters) {
      const own = rules.filter((rule) => rule.startsWith(letter));
      expect(own).toEqual(own.map((_, i) => `${letter}${i + 1}`));
    }
    expect(page.match(/^### /gm)).toHaveLength(rules.length);
  });

  it("has every rule that the packages and their READMEs cite", () => {
    const cited = citedIn("src", "README.md");
    expect(cited.size).toBeGreaterThan(50);
    expect([...cited].filter((rule) => !rules.includes(rule))).toEqual([]);
  });

  it("has only rules that a test cites", () => {
    const tested = citedIn("test");
    expect(rules.filter((rule) => !tested.has(rule))).toEqual([]);
  });
});

/** The rules that the given files and folders of each package cite, as in (T3) and (V4, V5). */
function citedIn(...places: readonly string[]): Set<string> {
  const cited = new Set<string>();
  for (const file of readdirSync(new URL("packages/", root), { recursive: true, encoding: "utf8" })) {
    const [, place = ""] = file.split("/");
    if (!places.includes(place) || !/\.(ts|md)$/.test(file) || file.includes("node_modules")) continue;
    const text = readFileSync(new URL(`packages/${file}`, root), "utf8");
    for (const [, list = ""] of text.matchAll(/\(((?:[SEKTVOMBFPQIRNC]\d{1,2}(?:, |–)?)+)\)/g)) {
      for (const rule of list.match(/[A-Z]\d+/g) ?? []) cited.add(rule);
    }
  }
  return cited;
}
