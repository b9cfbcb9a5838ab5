import { describe, expect, it } from "vitest";
import { printTable } from "../../src/table/index.js";

describe("printTable", () => {
  it("prints exactly the text in table.txt", async () => {
    // To accept a change: `pnpm exec vitest run apps/examples/test/table -u`, then read the difference.
    await expect(`${(await print()).join("\n")}\n`).toMatchFileSnapshot("table.txt");
  });

  it("keeps within 80 columns, with no blank at the end of a line", async () => {
    const lines = await print();
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.trimEnd() !== line)).toEqual([]);
  });
});

async function print(): Promise<string[]> {
  const lines: string[] = [];
  await printTable((line) => lines.push(line));
  return lines;
}
