import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/scheduler.js";
import { expectLines } from "../lines.js";
import { printed } from "../printed.js";

describe("scheduler", () => {
  it("skips ticks during a run, goes on after a failure, and stops what runs (B8, V9)", async () => {
    const same = (done: number): string[] => [
      "   80 ms: report begins",
      "  backup failed: Error: the disk is full",
      "  240 ms: report begins",
      `  ${done} ms: backup done`,
      "  350 ms: stopped",
    ];
    expect(await printed(program)).toEqual(["by hand", ...same(310), "with the packages", ...same(320)]);
  });

  it("is as much shorter with the packages as the list of programs says", () => {
    expectLines("scheduler", "schedule-by-hand.ts", "schedule.ts");
  });
});
