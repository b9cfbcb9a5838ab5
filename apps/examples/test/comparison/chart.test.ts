import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { drawAxis, drawCaller, drawLane } from "../../src/comparison/chart.js";
import type { Lane } from "../../src/comparison/lane.js";
import { coloured, plain } from "../../src/comparison/paint.js";

const lane: Lane = { task: "a", start: 10, noticed: undefined, end: 30, kind: "returned", error: undefined };

describe("drawLane", () => {
  it("draws a task that returned before its caller had control back", () => {
    expect(drawLane(lane, 40, 50, plain)).toBe("  ├───●  │  ");
  });

  it("draws a task that failed, and one that was cancelled", () => {
    expect(drawLane({ ...lane, kind: "failed" }, 40, 50, plain)).toBe("  ├───×  │  ");
    expect(drawLane({ ...lane, kind: "cancelled", noticed: 30 }, 40, 50, plain)).toBe("  ├───○  │  ");
  });

  it("draws that a task noticed its cancellation, and cleaned up", () => {
    expect(drawLane({ ...lane, kind: "failed", noticed: 20 }, 40, 50, plain)).toBe("  ├─!~×  │  ");
  });

  it("draws what a task did after its caller had control back", () => {
    expect(drawLane({ ...lane, end: 50 }, 20, 50, plain)).toBe("  ├──│····● ");
    expect(drawLane({ ...lane, end: 50, kind: "failed", noticed: 40 }, 20, 50, plain)).toBe("  ├──│··!·× ");
  });

  it("draws a task that started after its caller had control back", () => {
    expect(drawLane(lane, 0, 50, plain)).toBe(" │├···●     ");
  });

  it("colours only signs", () => {
    const drawn = drawLane({ ...lane, kind: "failed" }, 40, 50, coloured);
    expect(drawn).toContain("\x1b[31m×\x1b[0m");
    expect(stripVTControlCharacters(drawn)).toBe("  ├───×  │  ");
  });
});

describe("drawAxis", () => {
  it("numbers the chart, each number above its time", () => {
    expect(drawAxis(120)).toBe("0         50        100 ms");
  });
});

describe("drawCaller", () => {
  it("ends where the caller had control back", () => {
    expect(drawCaller(20, plain)).toBe("     ╵");
    expect(drawLane(lane, 20, 50, plain).indexOf("│")).toBe(5);
  });
});
