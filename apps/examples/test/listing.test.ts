import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listing } from "../src/listing.js";
import { programs } from "../src/programs/index.js";

describe("listing", () => {
  it("gives each program a unique name", () => {
    const names = listing.programs.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it("runs existing programs by default", () => {
    expect(listing.programs.map(({ name }) => name)).toEqual(expect.arrayContaining([...listing.byDefault]));
  });
});

describe("programs", () => {
  it("are those in the table of the README, in that order", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| \[`(.*?)`\]\(src\/programs\/(.*?)\.ts\) *\| (.*?) *\|$/gm)];
    expect(rows.map(([, name, file, description]) => ({ name, file, description }))).toEqual(
      programs.map(({ name, description }) => ({ name, file: name, description })),
    );
  });
});
