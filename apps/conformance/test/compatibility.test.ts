import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ambient } from "../contract/ambient.js";
import { contract } from "../contract/index.js";
import { type Compatibility, compatibilityOf, files, renderDocument, renderFigures } from "../src/compatibility.js";
import { processChecks } from "../src/process-check-list.js";
import { runtimes } from "../src/runtimes.js";
import { toolchains } from "../src/toolchains.js";

const document = readFileSync(files.document, "utf8");
const figures = readFileSync(files.figures, "utf8");
const found = JSON.parse(figures) as Compatibility;

/** The number of checks for each rule, or for each package. */
function countBy<K extends "rule" | "package">(key: K, checks: readonly Readonly<Record<K, string>>[]): object {
  const counts: Record<string, number> = {};
  for (const check of checks) counts[check[key]] = (counts[check[key]] ?? 0) + 1;
  return counts;
}

function expectAtLeast(counts: Readonly<Record<string, number>>, least: object): void {
  for (const [key, count] of Object.entries(least)) expect(counts[key], advice).toBeGreaterThanOrEqual(count as number);
}

const advice = "run `pnpm conformance`, on a machine where every runtime is available";

describe("compatibility.md", () => {
  it("has the form that its generator writes", async () => {
    expect(document, advice).toBe(await renderDocument(found));
    expect(figures, advice).toBe(await renderFigures(found));
  });

  it("lists the present runtimes and toolchains", () => {
    const named = ({ name, version }: { name: string; version: string }): string[] =>
      name === "Chromium" ? [name] : [name, version];
    expect(found.runtimes.map(named), advice).toEqual(runtimes.map(named));
    expect(found.toolchains.map(named), advice).toEqual(toolchains.map(named));
  });

  it.each(found.runtimes)("lists every present check for $name", ({ name, rules, packages }) => {
    const checks = [
      ...contract,
      ...(name === "Chromium" ? [] : ambient),
      ...(name === "Chromium" || name === "workerd" ? [] : processChecks),
    ];
    // "At least", because some runtimes have more checks than the contract: of their fake timers or of concurrent
    // requests.
    expectAtLeast(rules, countBy("rule", checks));
    expectAtLeast(packages, countBy("package", checks));
  });

  it.each(found.toolchains)("lists every present check for $name", ({ packages }) => {
    expect(packages, advice).toEqual(countBy("package", contract));
  });

  it("has a row for every rule", () => {
    const lasts = { B: 10, C: 4, E: 7, F: 9, I: 12, K: 6, M: 12, N: 6, O: 8, P: 3, Q: 12, R: 3, S: 16, T: 11, V: 12 };
    const rules = Object.entries(lasts).flatMap(([letter, last]) =>
      Array.from({ length: last }, (_, index) => `${letter}${index + 1}`),
    );
    const rows = [...document.matchAll(/^\| ([A-Z]\d+) /gm)].map(([, rule]) => rule);
    expect(rows).toEqual(rules);
  });

  it("marks checks that do not apply", async () => {
    const column = { name: "Node", version: "1", packages: { one: 2, two: 1 }, rules: { A10: 1, A9: 2 } };
    const page = { name: "Page", version: "3", packages: { one: 1 }, rules: { A9: 1 } };
    const text = await renderDocument({ runtimes: [column, page], toolchains: [] });
    const rows = text.split("\n").map((line) => line.replaceAll(/ +/g, " "));
    expect(rows).toEqual(expect.arrayContaining(["| `one` | 2 | 1 |", "| `two` | 1 | – |"]));
    expect(rows.indexOf("| A9 | 2 | 1 |")).toBe(rows.indexOf("| A10 | 1 | – |") - 1);
  });

  it("counts the checks that passed", () => {
    const counts = { passed: 2, failed: 0, skipped: 0 };
    const run = {
      name: "Node",
      version: "1",
      ...counts,
      packages: { one: counts },
      rules: { A1: counts },
      problems: [],
    };
    expect(compatibilityOf([run], [run])).toEqual({
      runtimes: [{ name: "Node", version: "1", packages: { one: 2 }, rules: { A1: 2 } }],
      toolchains: [{ name: "Node", version: "1", packages: { one: 2 } }],
    });
  });
});
