import { beforeAll, describe, expect, it } from "vitest";
import { record, type Recording } from "../../src/comparison/contest.js";
import { plain } from "../../src/comparison/paint.js";
import { platform } from "../../src/comparison/platform.js";
import { renderComparison } from "../../src/comparison/render.js";

describe("renderComparison", () => {
  const recordings: Recording[] = [];
  let lines: string[] = [];

  beforeAll(async () => {
    for (const contestant of platform) recordings.push(await record(contestant));
    lines = renderComparison(recordings, plain);
  });

  it("prints equal charts once, and refers to them", () => {
    expect(after("Promise.any: ends at the first success")).toBe("  The same, line for line, as Promise.race.");
    expect(after("Promise.race: ends at the first end")).toMatch(/^ +0 +50 /);
  });

  it("draws all charts on the same axis", () => {
    const axes = lines.filter((line) => line.endsWith(" ms") && line.includes(" 0  "));
    expect(axes).toHaveLength(4);
    expect(new Set(axes).size).toBe(1);
  });

  it("names the timeout", () => {
    const timed = renderComparison([{ ...recordings[0]!, timeout: 50 }], plain);
    expect(timed).toContain("Promise.all, in a timeout of 50 ms");
  });

  it("prints a summary of all at the end", () => {
    const names = lines.slice(lines.indexOf("At a glance") + 3).map((line) => line.slice(2, 38).trim());
    expect(names).toEqual(recordings.map(({ contestant }) => contestant.name));
    expect(lines.at(-5)).toBe("  Promise.all                            60 ms       1       1       0       4");
  });

  function after(line: string): string | undefined {
    expect(lines).toContain(line);
    return lines[lines.indexOf(line) + 1];
  }
});
