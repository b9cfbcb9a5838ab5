import { VirtualClock } from "@selvage/testing";
import { expect } from "vitest";
import type { Program } from "../src/program.js";

/** Runs a program to its end, and returns the printed lines; fails if a timer is left. */
export async function printed(
  program: Program,
  {
    clock = new VirtualClock({ autojump: true }),
    onLine,
  }: { clock?: VirtualClock; onLine?: (line: string) => void } = {},
): Promise<string[]> {
  const lines: string[] = [];
  await program.run({
    clock,
    out(line) {
      lines.push(line);
      onLine?.(line);
    },
  });
  expect(clock.pending).toBe(0);
  return lines;
}
