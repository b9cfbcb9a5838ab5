import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

async function bench(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args]);
  return stdout;
}

describe("pnpm bench", () => {
  it("measures the contestants that it is given, and the floor", async () => {
    const quick = ["--rounds", "2", "--warm-up", "1", "--measured", "1"];
    const text = await bench("--only", "A", "--cases", "1000-none", "--contestants", "taskGroup,promiseAll", ...quick);
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    expect(rows.slice(0, 5)).toEqual([
      "|   | 1,000 tasks, no await each |",
      "| --- | --- |",
      expect.stringMatching(/^\| `Promise\.all` \| [\d.,]+ \([\d.,]+–[\d.,]+\) \|$/),
      expect.stringMatching(/^\| `Promise\.allSettled` \| 1 = [\d.,]+ .s \|$/),
      expect.stringMatching(/^\| `TaskGroup` \| [\d.,]+ \([\d.,]+–[\d.,]+\) \|$/),
    ]);
    expect(text).toMatch(/Processor time, main thread \/ process:\n\n/);
    expect(text).toMatch(/\| 1,000 tasks: at most 1\.0 of `Promise\.allSettled` \| (reached|\*\*missed\*\*) \|/);
    expect(text).toMatch(/\| at least 3 times as fast as asyncio \| not measured \|/);
  });

  it("lists scenarios, cases and contestants", async () => {
    const text = await bench("--list");
    expect(text).toContain("A Start and join: 1000-none, 1000-microtask");
    expect(text).toContain("contestants: promiseAll, allSettled,");
  });
});
