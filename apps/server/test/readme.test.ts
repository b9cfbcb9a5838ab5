import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readConfig } from "../src/config.js";
import { page } from "../src/record/page.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

describe("the README", () => {
  it("has a row for each setting, with its default", () => {
    const source = read("../src/config.ts");
    const names = [...source.matchAll(/\b(?:count|text)\("([A-Z_]+)"/g)].map(([, name]) => name!);
    const rows = new Map(
      [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\|/gm)].map(([, name, value]) => [name!, value!]),
    );
    expect([...rows.keys()].sort()).toEqual([...names].sort());
    const defaults = [...source.matchAll(/\bcount\("([A-Z_]+)", ([\d_]+)/g)];
    expect(defaults.map(([, name]) => [name, rows.get(name!)!.replaceAll(",", "")])).toEqual(
      defaults.map(([, name, value]) => [name, value!.replaceAll("_", "")]),
    );
    expect(rows.get("DATA_FOLDER")).toBe(`\`${readConfig({}).dataFolder}\``);
  });

  it("shows the recordings that are beside it", () => {
    expect(readme).toBe(page());
  });
});
