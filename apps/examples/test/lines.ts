import { readFileSync } from "node:fs";
import { expect } from "vitest";

const app = new URL("../", import.meta.url);

/** Checks what the list of programs says about the lengths of two files of a program. */
export function expectLines(program: string, byHand: string, withPackages: string): void {
  const [before, after] = [byHand, withPackages].map(
    (file) =>
      readFileSync(new URL(`src/programs/work/${file}`, app), "utf8")
        .trimEnd()
        .split("\n").length,
  );
  const list = readFileSync(new URL("README.md", app), "utf8").split("\n");
  expect(list.find((line) => line.startsWith(`| [\`${program}\`]`))).toContain(
    `${before} lines by hand, ${after} with the packages`,
  );
}
