import { expect, describe, it } from "vitest";
import { printComparison } from "../../src/comparison/index.js";

describe("printComparison", () => {
  it("prints exactly the text in comparison.txt", async () => {
    // To accept a change: `pnpm exec vitest run apps/examples/test/comparison -u`, then read the difference.
    await expect(`${(await print()).join("\n")}\n`).toMatchFileSnapshot("comparison.txt");
  });

  it("prints the same every time", async () => {
    expect(await print()).toEqual(await print());
  });

  it("keeps within 80 columns, with no blank at the end of a line", async () => {
    const lines = await print();
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.trimEnd() !== line)).toEqual([]);
  });
});

async function print(): Promise<string[]> {
  const lines: string[] = [];
  await printComparison((line) => lines.push(line));
  return lines;
}
