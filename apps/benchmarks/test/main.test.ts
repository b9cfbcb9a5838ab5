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
  it("measures whom it is told to, in processes of their own, beside the floor", async () => {
    const quick = ["--rounds", "2", "--warm-up", "1", "--measured", "1"];
    const text = await bench("--only", "A", "--cases", "1000-none", "--contestants", "taskGroup,allSettled", ...quick);
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    expect(rows.slice(0, 5)).toEqual([
      "|   | 1,000 tasks, no await each |",
      "| --- | --- |",
      expect.stringMatching(/^\| `Promise\.all` \| 1 = [\d.,]+ .s \|$/),
      expect.stringMatching(/^\| `Promise\.allSettled` \| [\d.,]+ \([\d.,]+–[\d.,]+\) \|$/),
      expect.stringMatching(/^\| `TaskGroup` \| [\d.,]+ \([\d.,]+–[\d.,]+\) \|$/),
    ]);
    expect(text).toMatch(/\| at most 1\.25 times `Promise\.allSettled`.* \| (reached|\*\*missed\*\*) \|/);
    expect(text).toMatch(/\| ahead of every JavaScript peer \| not measured \|/);
  });

  it("lists what there is", async () => {
    const text = await bench("--list");
    expect(text).toContain("A Start and join: 1000-none, 1000-microtask");
    expect(text).toContain("contestants: promiseAll, allSettled,");
  });
});
