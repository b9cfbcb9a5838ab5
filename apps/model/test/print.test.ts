import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as prettier from "prettier";
import { describe, expect, it } from "vitest";
import { printTest } from "../src/print.js";
import { record } from "../src/record.js";
import { everyStatement } from "./every-statement.js";

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe("printTest", () => {
  it("prints a test that passes: printed.test.ts", async () => {
    const { trace } = await record(everyStatement, 7);
    const printed = printTest("runs as it was printed", everyStatement, 7, trace);
    const formatted = await prettier.format(printed, { parser: "typescript", printWidth: 120 });
    expect(readFileSync(beside("printed.test.ts"), "utf8")).toBe(formatted);
  });
});
