import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Result } from "../../src/faults/play.js";
import { file, line, renderDocument } from "../../src/faults/report.js";
import { scenarios } from "../../src/faults/scenarios/index.js";

const result: Result = {
  name: "SIGKILL",
  accepted: 200,
  unaccepted: 0,
  lost: [],
  stuck: [],
  twice: 3,
  starts: 2,
  shutdown: 61.4,
  peak: 120e6,
  elapsed: 3_210,
  problems: [],
};

describe("faults.md", () => {
  it("has a row for each scenario, in which nothing is lost or stuck", () => {
    const rows = readFileSync(file, "utf8")
      .split("\n")
      .filter((text) => text.startsWith("|"))
      .slice(2)
      .map((text) => text.split("|").map((cell) => cell.trim()));
    expect(
      rows.map(([, name, , lost, stuck]) => [name, lost, stuck]),
      "run `pnpm faults --write`",
    ).toEqual(scenarios.map(({ name }) => [name, "0", "0"]));
  });
});

describe("line", () => {
  it("says what was counted, and how long it took", () => {
    expect(line(result)).toBe(
      "✓ SIGKILL: 200 accepted, 0 lost, 0 stuck, 3 delivered twice, 2 starts, shutdown 61 ms, 120 MB, 3.2 s",
    );
  });

  it("lists the problems below", () => {
    expect(line({ ...result, problems: ["1 lost", "late\nthe last line"] }).split("\n")).toEqual([
      "✗ SIGKILL: 200 accepted, 0 lost, 0 stuck, 3 delivered twice, 2 starts, shutdown 61 ms, 120 MB, 3.2 s",
      "    1 lost",
      "    late",
      "      the last line",
    ]);
  });
});

describe("renderDocument", () => {
  it("has a row for each result", async () => {
    expect(await renderDocument([result], 8_000)).toMatch(
      /\| SIGKILL *\| *200 \| *0 \| *0 \| *3 \| *2 \| *61 \| *120 \|/,
    );
  });
});
