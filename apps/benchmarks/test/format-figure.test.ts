import { describe, expect, it } from "vitest";
import { formatFigure, formatNumber } from "../src/format-figure.js";

describe("formatNumber", () => {
  it.each([
    [0.00412, "0.0041"],
    [0.333, "0.33"],
    [1, "1.00"],
    [9.994, "9.99"],
    [9.996, "10.0"],
    [99.94, "99.9"],
    [99.96, "100"],
    [1234.5, "1,235"],
  ])("shows %d in about three digits", (figure, text) => {
    expect(formatNumber(figure)).toBe(text);
  });
});

describe("formatFigure", () => {
  it("chooses the unit of a time by its size", () => {
    expect([85.2, 1_240, 2_500_000].map((ns) => formatFigure(ns, "ns"))).toEqual(["85.2 ns", "1.24 µs", "2.50 ms"]);
    expect(formatFigure(12.34, "ms")).toBe("12.3 ms");
  });

  it("shows whole bytes without a negative zero, and readings", () => {
    expect(formatFigure(10_400.4, "bytes")).toBe("10,400 B");
    expect(formatFigure(-0.4, "bytes")).toBe("0 B");
    expect(formatFigure(1.5, "readings")).toBe("1.50");
  });
});
