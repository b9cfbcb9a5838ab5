import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { replaceSection, writeDocuments } from "../src/documents.js";
import { resultOf } from "./results.js";

describe("writeDocuments", () => {
  it("writes the report, and its goals into the README as it stands here", async () => {
    const folder = await mkdtemp(join(tmpdir(), "benchmarks-"));
    const read = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
    try {
      const here = await readFile(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
      await writeFile(join(folder, "README.md"), here);
      for (const node of ["20.20.2", "24.21.0", "26.10.0"]) {
        const where = {
          others: [],
          absent: [],
          machine: "a machine",
          rounds: 9,
          clock: "wall" as const,
          date: "2026-11-21",
        };
        await writeDocuments(folder, [resultOf({ promiseAll: [1, 1] })], { node, ...where });
      }
      const readme = await read("README.md");
      expect(readme).toMatch(/### Node 20\n[^#]*with Node 20\.20\.2[^#]*### Node 24\n[^#]*with Node 24\.21\.0/);
      expect(readme).toMatch(/### Node 26\n[^#]*with Node 26\.10\.0/);
      expect(readme.split("## Results")[0]).toBe(here.split("## Results")[0]);
      expect(await read("results/node-20.md")).toMatch(
        /^# Benchmarks on Node 20\.20\.2\n[^]*\| `Promise\.all` +\| 1 = 1\.00 ns +\|/,
      );
      expect(await read("results/node-24.md")).toMatch(/^# Benchmarks on Node 24\.21\.0\n/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

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
    expect(() => replaceSection(text, "node-27", "new")).toThrow("node-27:start");
  });
});
